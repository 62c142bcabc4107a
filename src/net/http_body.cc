#include "net/http_body.h"

#include <algorithm>
#include <charconv>

#include "net/http_syntax.h"

namespace herd::net {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// Of a chunk's size; leading zeros count.
constexpr std::size_t kSizeDigitsMax = 16;

}  // namespace

HttpBodyReader HttpBodyReader::OfLength(std::uint64_t bytes, const HttpRequestBounds& bounds) {
  HttpBodyReader reader(bounds, bytes == 0 ? State::kDone : State::kData);
  reader.left_ = bytes;
  if (bytes > bounds.body_bytes_max) reader.Refuse(413, "the body is too large");
  return reader;
}

HttpBodyReader HttpBodyReader::Chunked(const HttpRequestBounds& bounds) {
  HttpBodyReader reader(bounds, State::kSize);
  reader.chunked_ = true;
  return reader;
}

std::size_t HttpBodyReader::Take(std::string_view input, std::string& body) {
  std::size_t taken = 0;
  while (!done() && !fault_) {
    const std::size_t some = TakeSome(input.substr(taken), body);
    if (some == 0) break;
    taken += some;
  }
  return taken;
}

std::size_t HttpBodyReader::TakeSome(std::string_view input, std::string& body) {
  switch (state_) {
    case State::kData:
      return TakeData(input, body);
    case State::kDataEnd:
      return TakeDataEnd(input);
    case State::kSize:
    case State::kTrailer:
      return TakeLine(input);
    case State::kDone:
      break;
  }
  return 0;
}

std::size_t HttpBodyReader::TakeData(std::string_view input, std::string& body) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  body += input.substr(0, size);
  left_ -= size;
  if (left_ == 0) state_ = chunked_ ? State::kDataEnd : State::kDone;
  return size;
}

std::size_t HttpBodyReader::TakeDataEnd(std::string_view input) {
  const std::string_view end = input.substr(0, kLineEnd.size());
  if (!kLineEnd.starts_with(end)) return Refuse(400, "a chunk is longer than its size says");
  if (end.size() < kLineEnd.size()) return 0;
  state_ = State::kSize;
  return end.size();
}

// A line of the chunked framing, once it is whole.
std::size_t HttpBodyReader::TakeLine(std::string_view input) {
  const bool trailer = state_ == State::kTrailer;
  const std::size_t bytes_max =
      trailer ? bounds_.trailer_bytes_max - trailer_bytes_
              : kSizeDigitsMax + bounds_.extension_bytes_max - extension_bytes_;
  const std::size_t size = input.substr(0, bytes_max + kLineEnd.size()).find(kLineEnd);
  if (size == std::string_view::npos) {
    if (input.size() < bytes_max + kLineEnd.size()) return 0;
    return trailer ? Refuse(431, "the trailers are too long")
                   : Refuse(413, "a chunk's size or its extensions are too long");
  }
  const std::string_view line = input.substr(0, size);
  if (trailer) {
    OnTrailerLine(line);
  } else {
    OnSizeLine(line);
  }
  return fault_ ? 0 : size + kLineEnd.size();
}

void HttpBodyReader::OnSizeLine(std::string_view line) {
  const std::string_view digits = line.substr(0, line.find(';'));
  const std::string_view extensions = line.substr(digits.size());
  std::uint64_t size = 0;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  const auto [rest, error] = std::from_chars(begin, end, size, 16);
  if (digits.empty() || digits.size() > kSizeDigitsMax || error != std::errc() || rest != end) {
    Refuse(400, "a chunk's size is not 1 to 16 hexadecimal digits");
    return;
  }
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > bounds_.extension_bytes_max) {
    Refuse(413, "the chunk extensions are too long");
    return;
  }
  if (!IsFieldValue(extensions)) {
    Refuse(400, "a chunk extension has a control character");
    return;
  }
  if (size == 0) {
    state_ = State::kTrailer;
    return;
  }
  if (size > bounds_.body_bytes_max - body_bytes_) {
    Refuse(413, "the body is too large");
    return;
  }
  body_bytes_ += static_cast<std::size_t>(size);
  left_ = size;
  state_ = State::kData;
}

void HttpBodyReader::OnTrailerLine(std::string_view line) {
  if (line.empty()) {
    state_ = State::kDone;
    return;
  }
  trailer_bytes_ += line.size();
  const std::size_t colon = std::min(line.find(':'), line.size());
  if (!IsToken(line.substr(0, colon)) || colon == line.size() ||
      !IsFieldValue(line.substr(colon + 1)))
    Refuse(400, "a trailer is not a header field");
}

std::size_t HttpBodyReader::Refuse(unsigned status, std::string_view why) {
  fault_ = HttpFault{.status = status, .why = why};
  return 0;
}

}  // namespace herd::net
