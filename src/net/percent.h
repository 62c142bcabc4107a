#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace herd::net {

// Any bytes as one segment of a URL's path (RFC 3986): all but letters, digits and - . _ ~ become
// %NN.
std::string PercentEncode(std::string_view bytes);

// The bytes that a segment stands for. Nothing when a % is not followed by two hexadecimal digits,
// and for a byte that may stand there as %NN only, a slash among them.
std::optional<std::string> PercentDecode(std::string_view segment);

}  // namespace herd::net
