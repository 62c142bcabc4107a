#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/random.h"

namespace herd::sim {

// How the servers of a herd are linked.
enum class Shape {
  kFive,    // Goloman, Hands, Holiday, Welsh and Wilkes; further servers on a line behind them
  kLine,    // each to the next
  kRing,    // the last to the first, too
  kStar,    // all to the first
  kRandom,  // joined, with 3 to 5 links each where there are enough servers
};

std::optional<Shape> ParseShape(std::string_view word);
inline constexpr std::string_view kShapeWords = "five, line, ring, star or random";

using Pair = std::pair<std::size_t, std::size_t>;

// The links between servers 0 to `servers` - 1, the smaller number first, each once.
std::vector<Pair> LinksOf(Shape shape, std::size_t servers, Random& random);

}  // namespace herd::sim
