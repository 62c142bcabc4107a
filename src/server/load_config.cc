#include "server/config.h"

namespace herd::server {

std::expected<Config, std::string> LoadConfig(const std::filesystem::path& file) {
  return std::unexpected(file.string() + ": cannot be read yet");
}

}  // namespace herd::server
