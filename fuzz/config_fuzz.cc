// Any bytes as a configuration file: it is read, or refused with an error that names the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/parse_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = herd::server::ParseConfig(text, "fuzz.toml");
  if (config) {
    if (config->servers.empty()) std::abort();
    for (const auto& [a, b] : config->links) {
      if (config->Find(a) == nullptr || config->Find(b) == nullptr) std::abort();
    }
  } else if (!config.error().starts_with("fuzz.toml:")) {
    std::abort();
  }
  return 0;
}
