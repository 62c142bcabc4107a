#include "load/reply_reader.h"

#include <charconv>

namespace herd::load {

bool ReplyReader::EndsHerdReply(Ask ask) {
  if (lines_ == 0) {
    good_ = line_bytes_ > 2 && head_[0] == 'A';
    if (!good_ || ask == Ask::kReport) return true;
  } else if (line_bytes_ == 0) {
    return true;  // JSON has no empty line; one ends it
  }
  ++lines_;
  return false;
}

bool ReplyReader::EndsRedisReply() {
  const std::size_t size = std::min(line_bytes_, kHeadBytes);
  std::int64_t number = 0;
  if (size > 1) std::from_chars(head_ + 1, head_ + size, number);
  --awaited_;
  switch (size == 0 ? '\0' : head_[0]) {
    case '-':
      good_ = false;
      break;
    case '+':
    case ':':
      break;
    case '$':
      // A negative length is that of a value which is not there.
      if (number >= 0) skip_ = static_cast<std::size_t>(number) + 2;
      break;
    case '*':
      if (number > 0) awaited_ += static_cast<std::uint64_t>(number);
      break;
    default:
      broken_ = true;
  }
  return awaited_ == 0 && skip_ == 0;
}

}  // namespace herd::load
