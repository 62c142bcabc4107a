#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_reader.h"
#include "net/listener.h"
#include "net/loop.h"

namespace herd::net {

// One request. The texts are views that are good until it is answered.
struct HttpRequest {
  std::string_view method;  // "GET"; of a HEAD too, whose answer goes out without its body
  std::string_view path;    // "/v1/status", as it came, without a query
  std::string_view query;   // what stands behind the "?", as it came
  std::vector<HttpHeader> headers;
  std::string_view body;
  boost::asio::ip::tcp::endpoint peer;  // who asks
  std::stop_token abandoned;            // told once nobody waits for the answer any more

  // The first header of that name, written in whatever case; nothing when there is none.
  std::optional<std::string_view> Header(std::string_view name) const;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::string allow;  // the methods that are allowed, with status 405
};

// Takes the answer to one request: to be called once, at once or later, on the loop's thread. May
// outlive the server; nobody may be left to read the answer.
using HttpReply = std::function<void(HttpAnswer)>;

// What one HTTP server bears.
struct HttpBounds {
  HttpRequestBounds request;
  // One more connection, and the one that has been silent for longest is closed to make room: so
  // silent strangers do not keep anyone out.
  std::size_t connections_max = 32;
  int socket_bytes = 65'536;  // of Listener::Open
  // For a whole request to come, counted from the connection or the answer before; for an answer to
  // be taken. Then the connection is closed. How long an answer takes to be made is the handler's
  // to bound.
  std::chrono::milliseconds time_max{10'000};
};

// A small HTTP/1.1 server on one loop, for people and programs that look after a server:
// keep-alive, IPv4 and IPv6, requests of one connection one after the other. Whoever sends what is
// no HTTP gets a 400 and is closed. Everything but Open happens on the loop's thread.
class HttpServer {
 public:
  // Answers one request; must be quick, but may reply later. Requests that are malformed or too
  // large do not get this far; `fault` makes the body of the answer to those.
  struct Handler {
    std::function<void(const HttpRequest&, HttpReply)> answer;
    std::function<HttpAnswer(unsigned status, std::string_view why)> fault;
  };

  // Listens on every address that `host` names, as Listener::Open does; serves from Start on.
  static std::expected<std::unique_ptr<HttpServer>, std::string> Open(Loop& loop,
                                                                      const std::string& host,
                                                                      std::uint16_t port,
                                                                      Handler handler,
                                                                      HttpBounds bounds = {});

  // The loop must not run any more, or this is its thread and nothing is served again.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Before the loop runs, or on its thread.
  void Start(Listener::OnError on_error);

  // Closes all connections and accepts no more.
  void Stop();

  std::vector<boost::asio::ip::tcp::endpoint> endpoints() const;
  std::size_t connections() const { return sessions_.size(); }

 private:
  class Session;
  using Instant = std::chrono::steady_clock::time_point;

  HttpServer(Loop& loop, Handler handler, HttpBounds bounds);

  const Handler handler_;
  const HttpBounds bounds_;
  Timer timer_;  // for the session that has been silent for longest
  bool waiting_ = false;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::list<std::shared_ptr<Session>> sessions_;  // the one that has been silent for longest first

  void Accept(Loop& loop, Socket socket, const boost::asio::ip::tcp::endpoint& peer);
  void CloseSilentLongest();
  void WaitForOldest();
};

}  // namespace herd::net
