#include "server/secret_strength.h"

#include <algorithm>
#include <cstddef>

namespace herd::server {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool HasAny(std::string_view text, std::string_view of) {
  return text.find_first_of(of) != std::string_view::npos;
}

bool HasOnly(std::string_view text, std::string_view of) {
  return text.find_first_not_of(of) == std::string_view::npos;
}

// Whether the character continues a run, or ends three that stand somewhere before.
bool IsPredictable(std::string_view text, std::size_t at) {
  if (at < 2) return false;
  if (text[at] - text[at - 1] == text[at - 1] - text[at - 2]) return true;
  return text.substr(0, at).find(text.substr(at - 2, 3)) != std::string_view::npos;
}

}  // namespace

double SecretBits(std::string_view secret) {
  const bool digits = HasAny(secret, kDigits);
  const bool is_hex = (HasOnly(secret, "0123456789abcdef") && HasAny(secret, kSmall) && digits) ||
                      (HasOnly(secret, "0123456789ABCDEF") && HasAny(secret, kCapitals) && digits);
  const bool is_mixed = HasAny(secret, kSmall) && HasAny(secret, kCapitals) && digits;
  const auto worth = [&](char c) {
    constexpr double kHexDigit = 4;
    constexpr double kMixed = 5;
    constexpr double kDigit = 3.3;
    constexpr double kOther = 2;
    if (is_hex) return kHexDigit;
    if (is_mixed) return kMixed;
    return kDigits.contains(c) ? kDigit : kOther;
  };
  double bits = 0;
  for (std::size_t at = 0; at < secret.size(); ++at) {
    if (!IsPredictable(secret, at)) bits += worth(secret[at]);
  }
  return bits;
}

}  // namespace herd::server
