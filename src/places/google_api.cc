#include "places/google_api.h"

#include <array>
#include <charconv>

namespace herd::places {

std::unexpected<LookUpFailure> NotAnAnswer(std::string_view why) {
  return std::unexpected(
      LookUpFailure{Status::kUnknownError, "Google's answer is not one: " + std::string(why)});
}

Status StatusOfHttp(int http_status) {
  switch (http_status) {
    case 400:
      return Status::kInvalidRequest;
    case 401:
    case 403:
      return Status::kRequestDenied;
    case 429:
      return Status::kOverQueryLimit;
    default:
      return Status::kUnknownError;
  }
}

std::string Decimal(double number) {
  // Enough for any degree or metre in fixed notation: the smallest double has 1,075 digits.
  std::array<char, 1100> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  return {digits.data(), end.ptr};
}

}  // namespace herd::places
