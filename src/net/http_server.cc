#include "net/http_server.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <optional>
#include <utility>

#include "net/connection.h"

namespace herd::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr unsigned kHttp11 = 11;  // as Beast writes it

// More answers than that are not made while the peer does not read them.
constexpr std::size_t kOutputBytesMax = 65'536;

// The status that tells of a request which could not be read.
unsigned StatusOf(const error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  return 400;
}

std::string_view View(beast::string_view text) {
  return {text.data(), text.size()};
}

HttpRequest RequestOf(const http::request<http::string_body>& message, const tcp::endpoint& peer) {
  const std::string_view target = View(message.target());
  const std::size_t path_end = std::min(target.find('?'), target.size());
  HttpRequest request{.method = View(message.method_string()),
                      .path = target.substr(0, path_end),
                      .query = target.substr(std::min(path_end + 1, target.size())),
                      .headers = {},
                      .peer = peer};
  if (message.method() == http::verb::head) request.method = "GET";
  for (const auto& field : message)
    request.headers.push_back({View(field.name_string()), View(field.value())});
  return request;
}

// Written by hand into the connection's one buffer: Beast's serializer would cost more than all
// else that a short answer does.
void AppendAnswer(std::string& out, const HttpAnswer& answer, unsigned version, bool head,
                  bool keep_alive) {
  const bool http11 = version == kHttp11;
  out += http11 ? "HTTP/1.1 " : "HTTP/1.0 ";
  (out += std::to_string(answer.status)) += ' ';
  out += View(http::obsolete_reason(http::int_to_status(answer.status)));
  (out += "\r\nContent-Type: ") += answer.content_type;
  out += "\r\nCache-Control: no-store\r\nContent-Length: ";
  (out += std::to_string(answer.body.size())) += "\r\n";
  if (!answer.allow.empty()) ((out += "Allow: ") += answer.allow) += "\r\n";
  // What the version does not mean anyway.
  if (keep_alive != http11)
    out += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  out += "\r\n";
  if (!head) out += answer.body;
}

}  // namespace

std::optional<std::string_view> HttpRequest::Header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const HttpHeader& header) { return beast::iequals(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

// One connection. The server holds it in its list until it is closed; who is to answer late holds
// it, too. It does not touch the server after Abandon.
class HttpServer::Session : public Connection {
 public:
  Session(HttpServer& server, Loop& loop, Socket socket, const tcp::endpoint& peer)
      : Connection(loop, std::move(socket), kOutputBytesMax, nullptr),
        server_(&server),
        peer_(peer) {}

  // `place`: where the server holds it.
  void Begin(std::list<std::shared_ptr<Session>>::iterator place) {
    place_ = place;
    Touch();
    Start();
  }

  // The server is gone, or closes all.
  void Abandon() {
    server_ = nullptr;
    Close();
  }

  // Whether the peer has been waited for since `then`, and not the handler.
  bool SilentSince(Instant then) {
    if (answering_) Touch();
    return touched_ <= then;
  }

  Instant touched() const { return touched_; }

 private:
  using Parser = http::request_parser<http::string_body>;

  std::size_t OnInput(std::string_view input, bool /*end*/, std::string& out) override {
    out_ = &out;
    std::size_t taken = 0;
    while (taken < input.size() && !closed() && WantsInput() && HasRoom(out)) {
      const std::size_t size = Take(input.substr(taken));
      if (size == 0) break;
      taken += size;
    }
    out_ = nullptr;
    if (unsent_) Touch();
    return taken;
  }

  bool Busy() const override { return answering_; }
  bool WantsInput() const override { return !answering_ && !last_; }

  void OnDrained(std::string& /*out*/) override {
    // From here on the next request is waited for.
    if (std::exchange(unsent_, false)) Touch();
  }

  void OnClosed(CloseReason /*reason*/) override {
    if (server_ != nullptr) server_->sessions_.erase(place_);
  }

  void Touch() {
    if (server_ == nullptr || closed()) return;
    touched_ = std::chrono::steady_clock::now();
    server_->sessions_.splice(server_->sessions_.end(), server_->sessions_, place_);
    server_->WaitForOldest();
  }

  // Takes bytes of one request; answers it when these were the last. Returns how many bytes.
  std::size_t Take(std::string_view input) {
    if (!parser_) {
      parser_.emplace();
      parser_->eager(true);  // the body too
      parser_->header_limit(static_cast<std::uint32_t>(server_->bounds_.header_bytes_max));
      parser_->body_limit(server_->bounds_.body_bytes_max);
    }
    error_code error;
    const std::size_t taken = parser_->put(boost::asio::buffer(input), error);
    if (error && error != http::error::need_more) {
      Refuse(StatusOf(error), error.message());
    } else if (parser_->is_done()) {
      OnRequest();
    }
    return taken;
  }

  void OnRequest() {
    const auto& request = parser_->get();
    const std::size_t hosts = request.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version() == kHttp11))
      return Refuse(400, "there must be one header Host");
    answering_ = true;
    const auto self = std::static_pointer_cast<Session>(shared_from_this());
    server_->handler_.answer(RequestOf(request, peer_),
                             [self](const HttpAnswer& answer) { self->OnAnswer(answer); });
  }

  // Within OnInput, or later.
  void OnAnswer(const HttpAnswer& answer) {
    if (closed()) return;
    const auto& request = parser_->get();
    const bool keep_alive = request.keep_alive();
    std::string late;
    Append(out_ != nullptr ? *out_ : late, answer, request.version(),
           request.method() == http::verb::head, keep_alive);
    parser_.reset();
    answering_ = false;
    if (!keep_alive) CloseAfterWrite();
    if (out_ != nullptr) return;
    Touch();
    Resume(late);
  }

  // The connection ends with that.
  void Refuse(unsigned status, std::string_view why) {
    Append(*out_, server_->handler_.fault(status, why), kHttp11, false, false);
    CloseAfterWrite();
  }

  void Append(std::string& out, const HttpAnswer& answer, unsigned version, bool head,
              bool keep_alive) {
    AppendAnswer(out, answer, version, head, keep_alive);
    unsent_ = true;
    last_ = !keep_alive;
  }

  HttpServer* server_;
  const tcp::endpoint peer_;
  std::optional<Parser> parser_;  // of the request that comes, or is answered
  std::string* out_ = nullptr;    // within OnInput: where answers go
  std::list<std::shared_ptr<Session>>::iterator place_;
  Instant touched_;         // since when the peer is waited for
  bool answering_ = false;  // the handler has the request
  bool unsent_ = false;     // an answer has not been handed to the system
  bool last_ = false;       // the connection ends with the last answer
};

HttpServer::HttpServer(Loop& loop, Handler handler, HttpBounds bounds)
    : handler_(std::move(handler)), bounds_(bounds), timer_(loop.context()) {}

HttpServer::~HttpServer() {
  for (const auto& session : std::exchange(sessions_, {})) session->Abandon();
}

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::Open(
    Loop& loop, const std::string& host, std::uint16_t port, Handler handler, HttpBounds bounds) {
  Loop* const loops = &loop;
  auto listeners = Listener::Open(host, port, {&loops, 1});
  if (!listeners) return std::unexpected(listeners.error());
  auto server = std::unique_ptr<HttpServer>(new HttpServer(loop, std::move(handler), bounds));
  server->listeners_ = *std::move(listeners);
  return server;
}

void HttpServer::Start(Listener::OnError on_error) {
  for (const auto& listener : listeners_) {
    listener->Start([this](Loop& loop, Socket socket,
                           const tcp::endpoint& peer) { Accept(loop, std::move(socket), peer); },
                    on_error);
  }
}

void HttpServer::Stop() {
  for (const auto& listener : listeners_) listener->Stop();
  for (const auto& session : std::exchange(sessions_, {})) session->Abandon();
}

std::vector<tcp::endpoint> HttpServer::endpoints() const {
  std::vector<tcp::endpoint> endpoints;
  for (const auto& listener : listeners_) endpoints.push_back(listener->endpoint());
  return endpoints;
}

void HttpServer::Accept(Loop& loop, Socket socket, const tcp::endpoint& peer) {
  if (sessions_.size() >= bounds_.connections_max) CloseSilentLongest();
  const auto session = std::make_shared<Session>(*this, loop, std::move(socket), peer);
  sessions_.push_back(session);
  session->Begin(std::prev(sessions_.end()));
}

void HttpServer::CloseSilentLongest() {
  // Closing drops it from the list, and may drop the last reference.
  const std::shared_ptr<Session> session = sessions_.front();
  session->Close();
}

void HttpServer::WaitForOldest() {
  if (waiting_ || sessions_.empty()) return;
  waiting_ = true;
  timer_.expires_at(sessions_.front()->touched() + bounds_.time_max);
  timer_.async_wait([this](error_code error) {
    if (error) return;
    waiting_ = false;
    const Instant then = std::chrono::steady_clock::now() - bounds_.time_max;
    while (!sessions_.empty() && sessions_.front()->SilentSince(then)) CloseSilentLongest();
    WaitForOldest();
  });
}

}  // namespace herd::net
