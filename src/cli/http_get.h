#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/config.h"

namespace herd::cli {

// Asks several servers for one page each by plain HTTP, all at the same time, so that one which
// does not answer delays no other. Keeps connections for the next time. One thread.
class HttpGetter {
 public:
  static constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;

  HttpGetter();
  ~HttpGetter();
  HttpGetter(const HttpGetter&) = delete;
  HttpGetter& operator=(const HttpGetter&) = delete;

  // The bodies of the answers in the order of `endpoints`; or, where there was none with status 200
  // within `timeout`, why. Comes back at once, with what there is, when one of `wake` becomes
  // readable.
  std::vector<std::expected<std::string, std::string>> Get(
      const std::vector<server::Endpoint>& endpoints, const std::string& path,
      std::chrono::milliseconds timeout, std::span<const int> wake = {});

 private:
  struct Multi;
  struct Transfer;

  std::unique_ptr<Multi> multi_;
};

}  // namespace herd::cli
