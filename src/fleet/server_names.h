#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace herd::fleet {

// The names of servers that this process has heard of, numbered: a herd has few, and every row
// names one. A name once numbered stays for the life of the process. Any thread; looking up a name
// that is known takes no lock.
enum class ServerNumber : std::uint16_t {};

// At most so many names get a number.
inline constexpr std::size_t kServerNumbersMax = 65'535;

// The number of `name`, which gets one if it has none; nothing when all are taken.
std::optional<ServerNumber> NumberOf(std::string_view name);

std::string_view NameOf(ServerNumber number);

}  // namespace herd::fleet
