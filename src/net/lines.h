#pragma once

#include <cstddef>
#include <string_view>

namespace herd::net {

// What stands at the front of a stream of lines.
struct LineScan {
  enum class Kind {
    kLine,     // a whole line
    kPartial,  // its end has not come yet
    kTooLong,  // more than the limit without an end
  };

  Kind kind = Kind::kPartial;
  std::string_view line;     // kLine: without its LF; a CR before that is kept
  std::size_t consumed = 0;  // kLine: the line and its LF
};

// Looks for the first line of `input`. A line may be `line_bytes_max` long, its LF or CR LF not
// counted.
LineScan NextLine(std::string_view input, std::size_t line_bytes_max);

}  // namespace herd::net
