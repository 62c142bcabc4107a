#include "sim/shape.h"

#include <algorithm>
#include <array>
#include <set>

namespace herd::sim {
namespace {

constexpr std::size_t kRandomLinksMin = 3;
constexpr std::size_t kRandomLinksMax = 5;

std::vector<Pair> RandomLinks(std::size_t servers, Random& random) {
  std::vector<std::size_t> count(servers);
  std::set<Pair> links;
  const auto join = [&](std::size_t a, std::size_t b) {
    if (a == b || count[a] == kRandomLinksMax || count[b] == kRandomLinksMax) return;
    if (!links.insert(std::minmax(a, b)).second) return;
    ++count[a];
    ++count[b];
  };
  for (std::size_t i = 1; i < servers; ++i) join(i - 1, i);
  // A few servers may find no partner that has not enough already.
  constexpr int kTries = 50;
  for (std::size_t i = 0; i < servers; ++i) {
    for (int tries = 0; tries < kTries && count[i] < kRandomLinksMin; ++tries) {
      join(i, random.Below(servers));
    }
  }
  return {links.begin(), links.end()};
}

}  // namespace

std::optional<Shape> ParseShape(std::string_view word) {
  if (word == "five") return Shape::kFive;
  if (word == "line") return Shape::kLine;
  if (word == "ring") return Shape::kRing;
  if (word == "star") return Shape::kStar;
  if (word == "random") return Shape::kRandom;
  return std::nullopt;
}

std::vector<Pair> LinksOf(Shape shape, std::size_t servers, Random& random) {
  if (shape == Shape::kRandom) return RandomLinks(servers, random);
  std::vector<Pair> links;
  if (shape == Shape::kFive) {
    constexpr std::array<Pair, 6> kFive{{{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}}};
    std::ranges::copy_if(kFive, std::back_inserter(links),
                         [&](const Pair& link) { return link.second < servers; });
    for (std::size_t i = 5; i < servers; ++i) links.emplace_back(i - 1, i);
    return links;
  }
  for (std::size_t i = 1; i < servers; ++i)
    links.emplace_back(shape == Shape::kStar ? 0 : i - 1, i);
  if (shape == Shape::kRing && servers > 2) links.emplace_back(0, servers - 1);
  return links;
}

}  // namespace herd::sim
