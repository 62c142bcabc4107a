#include "load/reply_reader.h"

#include <charconv>
#include <utility>

namespace herd::load {

bool ReplyReader::Ends(Ask ask) {
  switch (dialect_) {
    case Dialect::kHerd:
      return EndsHerdReply(ask);
    case Dialect::kRedis:
    case Dialect::kRedisNear:
      return EndsRedisReply();
    case Dialect::kHerdNear:
      return EndsHttpReply();
  }
  std::unreachable();
}

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

bool ReplyReader::EndsHttpReply() {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::string_view kLength = "Content-Length: ";
  const std::string_view head(head_, std::min(line_bytes_, kHeadBytes));
  if (lines_++ == 0) {
    broken_ = !head.starts_with(kVersion);
    good_ = head.substr(0, kVersion.size() + 3).ends_with("200");
  } else if (head.starts_with(kLength)) {
    std::from_chars(head.data() + kLength.size(), head.data() + head.size(), body_bytes_);
  } else if (head == "\r") {
    awaited_ = 0;
    skip_ = body_bytes_;
    return skip_ == 0;
  }
  return false;
}

}  // namespace herd::load
