#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_body.h"

namespace herd::net {

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

// The first line and the headers of one request. Views into the reader that gave it.
struct HttpHead {
  std::string_view method;
  std::string_view target;
  unsigned version = 11;  // 10 or 11: HTTP/1.0 or HTTP/1.1
  bool keep_alive = true;
  bool expects_continue = false;  // "Expect: 100-continue": the body waits for our word
  std::vector<HttpHeader> headers;
};

// Reads one request after the other from the bytes of a connection. Boost.Beast parses heads, whole
// ones only; where a head ends, how the body is framed and the body itself are read here, strictly:
// what two readers could understand differently is refused (RFC 9112, 11.2). After a fault the
// connection must be closed. No exception leaves it but std::bad_alloc.
//
// A machine without socket or clock. It keeps no more than the bounds; what it leaves of the input
// is to be given again, with more behind it, and is less than head_bytes_max or a line's bound.
class HttpReader {
 public:
  explicit HttpReader(const HttpRequestBounds& bounds);
  ~HttpReader();
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  // Takes bytes off the front of `input`, to the end of the request at most; returns how many.
  std::size_t Take(std::string_view input);

  // Of the request that is read, or has been: null until its head is whole.
  const HttpHead* head() const { return head_ ? &*head_ : nullptr; }
  const std::string& body() const { return body_; }

  bool done() const { return body_reader_ && body_reader_->done(); }
  const std::optional<HttpFault>& fault() const { return fault_; }

  // Goes on with the next request; after done().
  void Next();

 private:
  struct Parsed;  // the library's

  const HttpRequestBounds bounds_;
  std::unique_ptr<Parsed> parsed_;
  std::optional<HttpHead> head_;
  std::optional<HttpBodyReader> body_reader_;
  std::string body_;
  std::optional<HttpFault> fault_;

  std::size_t TakeHead(std::string_view input);
  bool Parse(std::string_view head);
  void Frame();
  void Refuse(unsigned status, std::string_view why);
};

}  // namespace herd::net
