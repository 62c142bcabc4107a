#include "server/file_limit.h"

#include <sys/resource.h>

namespace herd::server {
namespace {

// Listeners, links, logs, the places index, connections to Google, and some to spare.
constexpr std::size_t kOwnFiles = 256;

}  // namespace

std::size_t RaiseFileLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > 2 * kOwnFiles ? limit.rlim_cur - kOwnFiles : limit.rlim_cur / 2;
}

}  // namespace herd::server
