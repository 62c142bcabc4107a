#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>

#include "server/config.h"
#include "server/parse_config.h"

namespace herd::server {

std::expected<Config, std::string> LoadConfig(const std::filesystem::path& file) {
  // Far more than any herd needs; keeps a wrong path (a disk image, /dev/zero) out of memory.
  constexpr std::size_t kFileBytesMax = 4'194'304;
  const auto cannot_read = [&] {
    return std::unexpected(fmt::format("{}: cannot be read: {}", file.string(),
                                       errno == 0 ? "not a file" : std::strerror(errno)));
  };
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return cannot_read();
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.gcount() == 0 && errno != 0)) return cannot_read();
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kFileBytesMax) {
    return std::unexpected(
        fmt::format("{}: too large; allowed: {} bytes", file.string(), kFileBytesMax));
  }
  return ParseConfig(text, file);
}

}  // namespace herd::server
