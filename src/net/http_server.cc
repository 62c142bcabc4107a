#include "net/http_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <utility>

namespace herd::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr unsigned kHttp11 = 11;  // as Beast writes it

// After an answer that ends the connection: what still comes is thrown away for so long and so
// much, since closing with bytes unread would reset the connection and could take the answer with
// it.
constexpr std::chrono::seconds kLingerTime{1};
constexpr std::size_t kLingerBytesMax = 1'048'576;

// The status that tells of a request which could not be read; nothing when there is nobody to tell.
std::optional<unsigned> StatusOf(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  if (error.category() == http::make_error_code(http::error::bad_method).category()) return 400;
  return {};
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

template <typename Body>
void Fill(http::response<Body>& response, const HttpAnswer& answer, bool keep_alive) {
  response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  response.keep_alive(keep_alive);
}

http::message_generator MessageOf(HttpAnswer answer, unsigned version, bool head, bool keep_alive) {
  const auto status = http::int_to_status(answer.status);
  if (head) {
    http::response<http::empty_body> response(status, version);
    Fill(response, answer, keep_alive);
    response.content_length(answer.body.size());
    return response;
  }
  http::response<http::string_body> response(status, version);
  Fill(response, answer, keep_alive);
  response.body() = std::move(answer.body);
  response.prepare_payload();
  return response;
}

}  // namespace

std::optional<std::string_view> HttpRequest::Header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const HttpHeader& header) { return beast::iequals(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

// One connection. The server holds it in its list until it is closed; pending operations hold it a
// little longer, and do not touch the server after that.
class HttpServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(HttpServer& server, Socket socket, const tcp::endpoint& peer)
      : server_(server),
        stream_(std::move(socket)),
        peer_(peer),
        buffer_(server.bounds_.header_bytes_max + server.bounds_.body_bytes_max) {}

  // `place`: where the server holds it.
  void Start(std::list<std::shared_ptr<Session>>::iterator place) {
    place_ = place;
    Read();
  }

  void Close() {
    if (std::exchange(closed_, true)) return;
    stream_.close();
    server_.sessions_.erase(place_);
  }

  // The server is gone, or closes all.
  void Abandon() {
    closed_ = true;
    stream_.close();
  }

 private:
  void Read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server_.bounds_.header_bytes_max));
    parser_->body_limit(server_.bounds_.body_bytes_max);
    stream_.expires_after(server_.bounds_.time_max);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->OnRead(error); });
  }

  void OnRead(const error_code& error) {
    if (closed_) return;
    server_.sessions_.splice(server_.sessions_.end(), server_.sessions_, place_);
    if (error) {
      const auto status = StatusOf(error);
      return status ? Refuse(*status, error.message()) : Close();
    }
    const auto& request = parser_->get();
    const std::size_t hosts = request.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version() == kHttp11))
      return Refuse(400, "there must be one header Host");
    server_.handler_.answer(RequestOf(request, peer_),
                            [self = shared_from_this(), version = request.version(),
                             head = request.method() == http::verb::head,
                             keep_alive = request.keep_alive()](HttpAnswer answer) {
                              if (!self->closed_)
                                self->Write(std::move(answer), version, head, keep_alive);
                            });
  }

  void Refuse(unsigned status, std::string_view why) {
    Write(server_.handler_.fault(status, why), kHttp11, false, false);
  }

  void Write(HttpAnswer answer, unsigned version, bool head, bool keep_alive) {
    stream_.expires_after(server_.bounds_.time_max);
    beast::async_write(stream_, MessageOf(std::move(answer), version, head, keep_alive),
                       [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
                         if (self->closed_) return;
                         if (error) return self->Close();
                         if (keep_alive) return self->Read();
                         self->stream_.expires_after(kLingerTime);
                         error_code ignored;  // a peer that is gone already needs no word of it
                         self->stream_.socket().shutdown(Socket::shutdown_send, ignored);
                         self->Linger();
                       });
  }

  void Linger() {
    stream_.async_read_some(boost::asio::buffer(discarded_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              if (self->closed_) return;
                              self->lingered_bytes_ += size;
                              if (error || self->lingered_bytes_ > kLingerBytesMax)
                                return self->Close();
                              self->Linger();
                            });
  }

  HttpServer& server_;
  beast::basic_stream<tcp, Executor> stream_;
  const tcp::endpoint peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::array<char, 4096> discarded_;
  std::size_t lingered_bytes_ = 0;
  std::list<std::shared_ptr<Session>>::iterator place_;
  bool closed_ = false;
};

HttpServer::HttpServer(Handler handler, HttpBounds bounds)
    : handler_(std::move(handler)), bounds_(bounds) {}

HttpServer::~HttpServer() {
  for (const auto& session : sessions_) session->Abandon();
}

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::Open(
    Loop& loop, const std::string& host, std::uint16_t port, Handler handler, HttpBounds bounds) {
  Loop* const loops = &loop;
  auto listeners = Listener::Open(host, port, {&loops, 1});
  if (!listeners) return std::unexpected(listeners.error());
  auto server = std::unique_ptr<HttpServer>(new HttpServer(std::move(handler), bounds));
  server->listeners_ = *std::move(listeners);
  return server;
}

void HttpServer::Start(Listener::OnError on_error) {
  for (const auto& listener : listeners_) {
    listener->Start([this](Loop&, Socket socket,
                           const tcp::endpoint& peer) { Accept(std::move(socket), peer); },
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

void HttpServer::Accept(Socket socket, const tcp::endpoint& peer) {
  if (sessions_.size() >= bounds_.connections_max) sessions_.front()->Close();
  const auto session = std::make_shared<Session>(*this, std::move(socket), peer);
  sessions_.push_back(session);
  session->Start(std::prev(sessions_.end()));
}

}  // namespace herd::net
