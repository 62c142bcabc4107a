#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herd::net {

// Bounds of one HTTP request, in bytes.
struct HttpRequestBounds {
  std::size_t head_bytes_max = 8192;  // request line and headers; more is answered with 431
  std::size_t body_bytes_max = 1024;  // more is answered with 413
  // All chunk extensions of one body together; more is answered with 413. They mean nothing here.
  std::size_t extension_bytes_max = 1024;
  std::size_t trailer_bytes_max = 1024;  // behind a chunked body; more is answered with 431
};

// Why a request is refused.
struct HttpFault {
  unsigned status = 400;
  std::string_view why;  // static text
};

// Reads the body of one request, whose framing its headers have told: exactly as RFC 9112, 6 and 7
// say, without the latitude that they leave, so that no proxy in front can see another end of it.
// A machine without socket or clock. No library has a body reader that is strict: Boost.Beast 1.81
// keeps extensions without bound and throws on long trailers.
class HttpBodyReader {
 public:
  // A body of `bytes`, which may be 0.
  static HttpBodyReader OfLength(std::uint64_t bytes, const HttpRequestBounds& bounds);
  static HttpBodyReader Chunked(const HttpRequestBounds& bounds);

  // Takes bytes off the front of `input` and appends those of the body to `body`; returns how many
  // it took. To be called again with what it left and more. Not after done() or fault().
  std::size_t Take(std::string_view input, std::string& body);

  bool done() const { return state_ == State::kDone; }
  const std::optional<HttpFault>& fault() const { return fault_; }

 private:
  enum class State { kData, kDataEnd, kSize, kTrailer, kDone };

  HttpBodyReader(const HttpRequestBounds& bounds, State state) : bounds_(bounds), state_(state) {}

  HttpRequestBounds bounds_;
  State state_;
  bool chunked_ = false;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  std::size_t body_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::optional<HttpFault> fault_;

  std::size_t TakeSome(std::string_view input, std::string& body);
  std::size_t TakeData(std::string_view input, std::string& body);
  std::size_t TakeDataEnd(std::string_view input);
  std::size_t TakeLine(std::string_view input);
  void OnSizeLine(std::string_view line);
  void OnTrailerLine(std::string_view line);
  std::size_t Refuse(unsigned status, std::string_view why);
};

}  // namespace herd::net
