#include "fleet/row_table.h"

#include <absl/hash/hash.h>

namespace herd::fleet {

std::size_t HashOf(std::string_view client) {
  return absl::Hash<std::string_view>{}(client);
}

}  // namespace herd::fleet
