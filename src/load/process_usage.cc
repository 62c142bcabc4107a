#include "load/process_usage.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace herd::load {

std::expected<ProcessUsage, std::string> ProcessUsage::Of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(stat)), {});
  // Behind the command's name, which may hold anything, in brackets: utime and stime are the 12th
  // and 13th field, rss the 22nd.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos)
    return std::unexpected("there is no process " + std::to_string(pid));
  std::istringstream fields(text.substr(name_end + 1));
  const std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
  if (values.size() < 22)
    return std::unexpected("the usage of process " + std::to_string(pid) + " cannot be read");
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return ProcessUsage{
      .cpu = std::chrono::duration<double>((std::stod(values[11]) + std::stod(values[12])) / ticks),
      .rss_bytes = std::stoull(values[21]) * page};
}

std::expected<std::uint64_t, std::string> AnonymousBytes(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; rollup >> word;) {
    std::uint64_t kib = 0;
    if (word == "Anonymous:" && rollup >> kib) return kib * 1024;
  }
  return std::unexpected("the memory of process " + std::to_string(pid) + " cannot be read");
}

}  // namespace herd::load
