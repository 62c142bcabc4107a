#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>

#include "flood/pace.h"

namespace herd::server {

// A connection to the port for neighbours that has not become a link.
struct Stranger {
  // What it has done for its place, from least to most.
  enum class Standing {
    kOver,     // refused; waits for the other side to close
    kSilent,   // has not said who it is
    kGreeted,  // has named the herd, this server and a neighbour
    kProved,   // is a neighbour, and waits for our decision
  };

  std::uint64_t address = 0;  // net::AddressKey
  Standing standing = Standing::kSilent;
  flood::Instant heard;  // when it last said anything, or came
};

struct StrangerBounds {
  std::size_t others = 0;       // at a time, from addresses that are no neighbour's
  std::size_t per_address = 0;  // at a time, from one address; a neighbour's has so many for itself
};

// Which of `strangers` is to make room for one more from `address`; nothing when there is a place.
// Of those that compete for the place: one of the least standing, and of these the longest silent.
// So who speaks at once displaces those who do not, however many they are; and where each
// neighbour has an address of its own, nobody else can take a neighbour's places.
std::optional<std::size_t> WhoMakesRoom(std::span<const Stranger> strangers, std::uint64_t address,
                                        const std::set<std::uint64_t>& neighbours,
                                        const StrangerBounds& bounds);

}  // namespace herd::server
