#include "flood/hex.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace herd::flood {
namespace {

std::string Text(std::uint64_t digits) {
  std::string text(8, '\0');
  wire::Store8(text.data(), digits);
  return text;
}

RC_GTEST_PROP(Hex, IsWrittenAndReadBack, (std::uint32_t number)) {
  const std::uint64_t digits = HexDigitsOf(number);
  RC_ASSERT(Text(digits) == fmt::format("{:08x}", number));
  RC_ASSERT(HexValueOf(digits) == number);
}

RC_GTEST_PROP(Hex, DigitsOfANumberAreNoOtherBytes, (std::uint32_t number)) {
  const std::uint64_t digits = HexDigitsOf(number);
  const auto place = *rc::gen::inRange(0U, 8U);
  const auto byte = *rc::gen::inRange(0U, 256U);
  const std::uint64_t mask = std::uint64_t{0xFF} << (8 * place);
  const std::uint64_t other = (digits & ~mask) | std::uint64_t{byte} << (8 * place);
  const bool is_hex =
      std::string("0123456789abcdef").find(static_cast<char>(byte)) != std::string::npos;
  RC_ASSERT((HexDigitsOf(HexValueOf(other)) == other) == is_hex);
}

}  // namespace
}  // namespace herd::flood
