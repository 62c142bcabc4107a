#pragma once

#include <string_view>

namespace herd::flood {

// How far our own dial to a neighbour has come.
enum class OwnDial {
  kNone,     // none under way
  kDialing,  // not yet greeted: the neighbour may never answer
  kGreeted,  // the neighbour is there and has greeted us
};

// Both ends of a link may dial; one connection is to stay. An acceptor asks this once the neighbour
// `peer` has proved itself on a connection that it dialled: true to accept it, and to drop our own
// dial or an older connection to it, false to refuse it in favour of our own dial.
//
// The end with the smaller name decides, and prefers its own dial when that is sure to come
// through. So both ends keep the same one. A connection that is already up does not count: a
// neighbour dials only when it holds no connection, so the one we hold is dead.
constexpr bool AcceptsDialOf(std::string_view peer, std::string_view self, OwnDial own_dial) {
  return own_dial != OwnDial::kGreeted || peer < self;
}

}  // namespace herd::flood
