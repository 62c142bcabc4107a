#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace herd::places {

// One question to an HTTPS server. May hold a secret (in the URL or a header): never logged.
struct HttpRequest {
  std::string url;                   // https://…
  std::vector<std::string> headers;  // "Name: value"
  std::optional<std::string> body;   // a POST with this body; without one a GET
};

// When to send a request and how long to wait, both counted from the call of HttpTransport::Send.
struct HttpTiming {
  std::chrono::milliseconds delay{0};  // send no earlier
  bool fresh = false;                  // on a new connection, not on one kept from before
  std::chrono::milliseconds
      timeout{};  // for everything: delay, name look-up, handshake, whole body
};

struct HttpResponse {
  int status = 0;    // as in 200; a redirect is not followed
  std::string body;  // whole
};

// Why there is no response.
struct HttpFailure {
  enum class Kind {
    kTimedOut,
    kUnreachable,  // no such name, or nobody accepts the connection
    kUntrusted,    // the TLS handshake failed; in the ordinary case: a wrong certificate
    kDropped,      // the connection, or HTTP/2's stream, ended before any byte of the response
    kClosedEarly,  // the connection ended before the response did
    kTooLarge,     // the body is larger than the transport takes
    kTooMany,      // the transport has as many requests under way as it takes
    kCancelled,    // the transport ended, or Cancel was called
    kOther,
  };
  Kind kind = Kind::kOther;
  std::string
      detail;  // a fixed text about the kind of failure; never holds any part of the request
};

using HttpResult = std::expected<HttpResponse, HttpFailure>;

// Sends requests. Send may be called from any thread.
class HttpTransport {
 public:
  // Called exactly once for each request, from any thread, also before Send returns.
  using Done = std::move_only_function<void(HttpResult)>;

  HttpTransport() = default;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;
  // Every Done not yet called is called with kCancelled, before the destructor returns.
  virtual ~HttpTransport() = default;

  virtual void Send(HttpRequest request, HttpTiming timing, Done done) = 0;

  // Ends all that is under way: every Done not yet called, and that of each request to come, is
  // called soon with kCancelled. Any thread; blocks for nothing.
  virtual void Cancel() = 0;
};

}  // namespace herd::places
