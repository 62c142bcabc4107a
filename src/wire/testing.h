#pragma once

// What the tests of this room make texts with that are right, or nearly.

#include <rapidcheck.h>

#include <cstddef>
#include <string>

namespace herd::wire::testing {

inline std::string AnyDigits(int count_min, int count_max) {
  const auto count = *rc::gen::inRange(count_min, count_max + 1);
  return *rc::gen::container<std::string>(static_cast<std::size_t>(count),
                                          rc::gen::inRange('0', static_cast<char>('9' + 1)));
}

// A point and up to `count_max` digits, or nothing.
inline std::string AnyDecimals(int count_max) {
  const std::string digits = AnyDigits(0, count_max);
  return digits.empty() ? digits : "." + digits;
}

inline std::string AnySign() {
  return *rc::gen::element<std::string>("+", "-");
}

// `text` with up to three bytes put in, taken out or changed.
inline std::string Spoilt(std::string text) {
  for (int faults = *rc::gen::inRange(0, 4); faults > 0; --faults) {
    const auto at = *rc::gen::inRange(std::size_t{0}, text.size() + 1);
    const std::string byte = *rc::gen::oneOf(
        rc::gen::element<std::string>("", "+", "-", ".", "/", "0", "9", ":", " ", "\t", "\r", "x"),
        rc::gen::map(rc::gen::arbitrary<char>(), [](char c) { return std::string(1, c); }));
    text.replace(at, *rc::gen::inRange(std::size_t{0}, std::size_t{2}), byte);
  }
  return text;
}

}  // namespace herd::wire::testing
