#include "net/http_server.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
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

// So many requests of one connection are answered in one turn of the loop, each in up to some
// tenths of a millisecond: who sends thousands at once waits between them.
constexpr int kRequestsPerTurn = 4;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool IsHead(const HttpHead& head) {
  return head.method == "HEAD";
}

HttpRequest RequestOf(const HttpReader& reader, const tcp::endpoint& peer) {
  const HttpHead& head = *reader.head();
  const std::size_t path_end = std::min(head.target.find('?'), head.target.size());
  HttpRequest request{.method = head.method,
                      .path = head.target.substr(0, path_end),
                      .query = head.target.substr(std::min(path_end + 1, head.target.size())),
                      .headers = head.headers,
                      .body = reader.body(),
                      .peer = peer};
  if (IsHead(head)) request.method = "GET";
  return request;
}

// Written by hand into the connection's one buffer: Beast's serializer would cost more than all
// else that a short answer does.
void AppendAnswer(std::string& out, const HttpAnswer& answer, unsigned version, bool head,
                  bool keep_alive) {
  const bool http11 = version == kHttp11;
  out += http11 ? "HTTP/1.1 " : "HTTP/1.0 ";
  (out += std::to_string(answer.status)) += ' ';
  const beast::string_view reason = http::obsolete_reason(http::int_to_status(answer.status));
  out.append(reason.data(), reason.size());
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
        peer_(peer),
        reader_(server.bounds_.request) {}

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
  std::size_t OnInput(std::string_view input, bool /*end*/, std::string& out) override {
    out_ = &out;
    std::size_t taken = 0;
    answered_in_turn_ = 0;
    while (taken < input.size() && !closed() && WantsInput() && HasRoom(out)) {
      if (answered_in_turn_ == kRequestsPerTurn) {
        Yield();
        break;
      }
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
    abandoned_.request_stop();
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
    const bool had_head = reader_.head() != nullptr;
    const std::size_t taken = reader_.Take(input);
    if (reader_.fault()) {
      Refuse(reader_.fault()->status, reader_.fault()->why);
    } else if (reader_.done()) {
      OnRequest();
    } else if (!had_head && reader_.head() != nullptr && reader_.head()->expects_continue) {
      *out_ += kContinue;
    }
    return taken;
  }

  void OnRequest() {
    const HttpHead& head = *reader_.head();
    const auto hosts = std::ranges::count_if(
        head.headers, [](const HttpHeader& header) { return beast::iequals(header.name, "Host"); });
    if (hosts > 1 || (hosts == 0 && head.version == kHttp11))
      return Refuse(400, "there must be one header Host");
    answering_ = true;
    ++answered_in_turn_;
    const auto self = std::static_pointer_cast<Session>(shared_from_this());
    HttpRequest request = RequestOf(reader_, peer_);
    request.abandoned = abandoned_.get_token();
    server_->handler_.answer(request, [self](const HttpAnswer& answer) { self->OnAnswer(answer); });
  }

  // Within OnInput, or later.
  void OnAnswer(const HttpAnswer& answer) {
    if (closed()) return;
    const HttpHead& head = *reader_.head();
    const bool keep_alive = head.keep_alive;
    std::string late;
    Append(out_ != nullptr ? *out_ : late, answer, head.version, IsHead(head), keep_alive);
    reader_.Next();
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
  HttpReader reader_;           // of the request that comes, or is answered
  std::string* out_ = nullptr;  // within OnInput: where answers go
  std::list<std::shared_ptr<Session>>::iterator place_;
  Instant touched_;         // since when the peer is waited for
  bool answering_ = false;  // the handler has the request
  bool unsent_ = false;     // an answer has not been handed to the system
  bool last_ = false;       // the connection ends with the last answer
  int answered_in_turn_ = 0;
  std::stop_source abandoned_;
};

HttpServer::HttpServer(Loop& loop, Handler handler, HttpBounds bounds)
    : handler_(std::move(handler)), bounds_(bounds), timer_(loop.context()) {}

HttpServer::~HttpServer() {
  for (const auto& session : std::exchange(sessions_, {})) session->Abandon();
}

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::Open(
    Loop& loop, const std::string& host, std::uint16_t port, Handler handler, HttpBounds bounds) {
  Loop* const loops = &loop;
  auto listeners = Listener::Open(host, port, {&loops, 1}, bounds.socket_bytes);
  if (!listeners) return std::unexpected(listeners.error());
  auto server = std::unique_ptr<HttpServer>(new HttpServer(loop, std::move(handler), bounds));
  server->listeners_ = *std::move(listeners);
  return server;
}

void HttpServer::Start(Listener::OnError on_error) {
  for (const auto& listener : listeners_) {
    listener->Start(
        [this](Loop& loop, Socket socket, const tcp::endpoint& peer) {
          Accept(loop, std::move(socket), peer);
          return sessions_.size() < bounds_.connections_max;
        },
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
