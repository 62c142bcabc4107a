#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace herd::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using std::chrono_literals::operator""ms;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

HttpAnswer Text(std::string body) {
  return {.status = 200, .content_type = "text/plain", .body = std::move(body), .allow = {}};
}

void Echo(const HttpRequest& request, const HttpReply& reply) {
  reply(Text(std::string(request.method) + " " + std::string(request.path)));
}

HttpAnswer Fault(unsigned status, std::string_view why) {
  return {.status = status, .content_type = "text/plain", .body = std::string(why), .allow = {}};
}

// A server on a loop of its own thread.
class Http : public ::testing::Test {
 protected:
  void Serve(HttpBounds bounds, const std::string& host = "127.0.0.1",
             std::function<void(const HttpRequest&, HttpReply)> answer = Echo) {
    auto opened =
        HttpServer::Open(loop_, host, 0, {.answer = std::move(answer), .fault = Fault}, bounds);
    ASSERT_TRUE(opened) << opened.error();
    server_ = *std::move(opened);
    endpoint_ = server_->endpoints().front();
    server_->Start([](const std::string&) {});
    thread_ = std::thread([this] { loop_.Run(); });
  }

  void TearDown() override {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
  }

  tcp::socket Connect() {
    tcp::socket socket(client_context_);
    socket.connect(endpoint_);
    return socket;
  }

  // All that comes until the server closes.
  static std::string ReadToEnd(tcp::socket& socket) {
    std::string text;
    error_code error;
    boost::asio::read(socket, boost::asio::dynamic_buffer(text), error);
    return text;
  }

  std::string Exchange(const std::string& request) {
    tcp::socket socket = Connect();
    error_code ignored;  // it may close before all is written
    boost::asio::write(socket, boost::asio::buffer(request), ignored);
    return ReadToEnd(socket);
  }

  std::size_t Connections() {
    std::promise<std::size_t> connections;
    boost::asio::post(loop_.context(), [&] { connections.set_value(server_->connections()); });
    return connections.get_future().get();
  }

  Loop loop_;
  std::unique_ptr<HttpServer> server_;
  tcp::endpoint endpoint_;
  std::thread thread_;
  boost::asio::io_context client_context_;
};

TEST_F(Http, AnswersOneAfterTheOtherOnOneConnection) {
  Serve({});
  const std::string answers = Exchange(
      "GET /a?q HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: "
      "2\r\n\r\n{}"
      "GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_LT(answers.find("GET /a"), answers.find("POST /b"));
  EXPECT_LT(answers.find("POST /b"), answers.find("GET /c"));
  EXPECT_THAT(answers, Not(HasSubstr("/a?q")));
}

TEST_F(Http, AnswersManyThatComeTogetherInTheirOrder) {
  // More than are answered at once, and answers that the peer does not read at once.
  Serve({}, "127.0.0.1", [](const HttpRequest& request, const HttpReply& reply) {
    reply(Text(std::string(request.path) + std::string(5000, '.')));
  });
  constexpr int kRequests = 2000;
  std::string requests;
  for (int i = 0; i < kRequests; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  requests += "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const std::string answers = Exchange(requests);
  std::size_t at = 0;
  for (int i = 0; i < kRequests; ++i) {
    at = answers.find("\r\n\r\n/" + std::to_string(i) + ".", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_NE(answers.find("\r\n\r\n/end.", at), std::string::npos);
}

TEST_F(Http, LetsOthersHaveTheirTurnWhileManyThatCameTogetherAreAnswered) {
  constexpr int kRequests = 1'000;
  struct Count {
    std::atomic<int> slow = 0;
    std::atomic<int> slow_before = 0;  // the quick one
  };
  const auto count = std::make_shared<Count>();  // the server goes on for longer than this
  Serve({}, "127.0.0.1", [count](const HttpRequest& request, const HttpReply& reply) {
    if (request.path == "/slow") {
      ++count->slow;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } else {
      count->slow_before = count->slow.load();
    }
    reply(Text(""));
  });
  tcp::socket greedy = Connect();
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
  boost::asio::write(greedy, boost::asio::buffer(requests));
  while (count->slow == 0) std::this_thread::yield();
  Exchange("GET /quick HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_LT(count->slow_before, kRequests / 2);
}

TEST_F(Http, TakesARequestInAnyPieces) {
  Serve({});
  tcp::socket socket = Connect();
  socket.set_option(tcp::no_delay(true));
  const std::string requests =
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyzPOST /b HTTP/1.1\r\nHost: "
      "h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  for (const char byte : requests) {
    boost::asio::write(socket, boost::asio::buffer(&byte, 1));
    std::this_thread::yield();
  }
  const std::string answers = ReadToEnd(socket);
  EXPECT_LT(answers.find("POST /a"), answers.find("POST /b"));
  EXPECT_LT(answers.find("POST /b"), answers.find("GET /c"));
  EXPECT_NE(answers.find("GET /c"), std::string::npos) << answers;
}

TEST_F(Http, ClosesWhoSendsARequestByteByByteForTooLong) {
  Serve({.time_max = 200ms});
  tcp::socket socket = Connect();
  error_code error;
  const auto start = std::chrono::steady_clock::now();
  while (!error && std::chrono::steady_clock::now() - start < 10'000ms) {
    boost::asio::write(socket, boost::asio::buffer("X", 1), error);
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_TRUE(error);
}

TEST_F(Http, ClosesWhoDoesNotTakeItsAnswer) {
  Serve({.time_max = 100ms}, "127.0.0.1", [](const HttpRequest&, const HttpReply& reply) {
    reply(Text(std::string(32 * 1024 * 1024, '.')));
  });
  tcp::socket socket = Connect();
  boost::asio::write(socket, boost::asio::buffer(std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\n")));
  const auto start = std::chrono::steady_clock::now();
  bool seen = false;
  while (std::chrono::steady_clock::now() - start < 10'000ms) {
    const std::size_t connections = Connections();
    if (seen && connections == 0) break;
    seen = seen || connections == 1;
  }
  EXPECT_TRUE(seen);
  EXPECT_EQ(Connections(), 0U);
}

TEST_F(Http, SpeaksHttp10AndIpv6) {
  Serve({}, "::1");
  const std::string answer = Exchange("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("GET /old"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 200"));
}

TEST_F(Http, LeavesTheBodyOutForHead) {
  Serve({});
  const std::string answer = Exchange("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(Http, HandsOverAllOfARequest) {
  Serve({}, "127.0.0.1", [this](const HttpRequest& request, const HttpReply& reply) {
    EXPECT_EQ(request.method, "DELETE");
    EXPECT_EQ(request.path, "/a%2Fb");
    EXPECT_EQ(request.query, "c=d?e");
    EXPECT_EQ(request.Header("host"), "h");
    EXPECT_EQ(request.Header("X-HERD"), "1");
    EXPECT_EQ(request.Header("x-her"), std::nullopt);
    EXPECT_EQ(request.peer.address(), endpoint_.address());
    reply(Text("taken"));
  });
  EXPECT_THAT(Exchange("DELETE /a%2Fb?c=d?e HTTP/1.1\r\nHost: h\r\nx-herd:  1 \r\nX-Herd: 2\r\n"
                       "Connection: close\r\n\r\n"),
              HasSubstr("taken"));
}

TEST_F(Http, WaitsForAnAnswerAndThenTakesTheNextRequest) {
  std::vector<HttpReply> replies;  // the loop's
  std::promise<void> asked;
  Serve({.time_max = 50ms}, "127.0.0.1", [&](const HttpRequest& request, HttpReply reply) {
    if (request.path != "/late") return Echo(request, reply);
    replies.push_back(std::move(reply));
    asked.set_value();
  });
  tcp::socket socket = Connect();
  boost::asio::write(socket,
                     boost::asio::buffer(std::string("GET /late HTTP/1.1\r\nHost: h\r\n\r\nGET "
                                                     "/next HTTP/1.1\r\nHost: h\r\n"
                                                     "Connection: close\r\n\r\n")));
  asked.get_future().wait();
  // Longer than a request or an answer may take on its way.
  boost::asio::steady_timer later(loop_.context(), 150ms);
  later.async_wait([&](error_code) { std::exchange(replies, {}).front()(Text("at last")); });
  const std::string answers = ReadToEnd(socket);
  EXPECT_LT(answers.find("at last"), answers.find("GET /next")) << answers;
  EXPECT_NE(answers.find("GET /next"), std::string::npos) << answers;
}

TEST_F(Http, TakesAnAnswerThatNobodyWaitsForAnyMore) {
  std::vector<HttpReply> replies;
  std::promise<void> asked;
  Serve({}, "127.0.0.1", [&](const HttpRequest&, HttpReply reply) {
    replies.push_back(std::move(reply));
    asked.set_value();
  });
  tcp::socket socket = Connect();
  boost::asio::write(socket, boost::asio::buffer(std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\n")));
  asked.get_future().wait();
  boost::asio::post(loop_.context(), [&] { server_->Stop(); });
  EXPECT_EQ(ReadToEnd(socket), "");
  std::promise<void> answered;
  boost::asio::post(loop_.context(), [&] {
    replies.front()(Text("to nobody"));
    replies.clear();
    answered.set_value();
  });
  answered.get_future().wait();
}

TEST_F(Http, RefusesWhatIsNoRequestOrTooLarge) {
  Serve({.request = {.head_bytes_max = 512, .body_bytes_max = 16}});
  const auto status = [&](const std::string& request) { return Exchange(request).substr(9, 3); };
  EXPECT_EQ(status("IAMAT kiwi +34-118 1\r\n\r\n"), "400");
  EXPECT_EQ(status(std::string("\0\xff\r\n\r\n", 6)), "400");
  EXPECT_EQ(status("GET / HTTP/3.7\r\n\r\n"), "400");
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), "400");
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), "400");
  EXPECT_EQ(status("GET /" + std::string(100'000, 'a')), "431");
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(600, 'a') + "\r\n\r\n"), "431");
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 17\r\n\r\n"), "413");
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"),
            "413");
}

TEST_F(Http, ClosesConnectionsThatAreSilentOrSlow) {
  Serve({.time_max = 100ms});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Exchange(""), "");
  EXPECT_EQ(Exchange("GET / HTTP/1.1\r\nHo"), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5000ms);
  // The time-out closes the socket first, and the session goes with the read that this ends.
  while (Connections() != 0 && std::chrono::steady_clock::now() - start < 10'000ms) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Connections(), 0U);
}

TEST_F(Http, ClosesTheOneThatHasBeenSilentForLongestToMakeRoom) {
  Serve({.connections_max = 2});
  tcp::socket first = Connect();
  // Answered, so that it is there before the next.
  const auto ask = [](tcp::socket& socket) {
    boost::asio::write(socket,
                       boost::asio::buffer(std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\n")));
    std::string answer;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(answer), "GET /");
  };
  ask(first);
  tcp::socket second = Connect();
  ask(second);
  ask(first);
  tcp::socket third = Connect();
  ask(third);
  EXPECT_EQ(ReadToEnd(second), "");
  ask(first);
  EXPECT_EQ(Connections(), 2U);
}

TEST_F(Http, StopsAndMayEndWithConnectionsOpen) {
  Serve({});
  tcp::socket open = Connect();
  boost::asio::post(loop_.context(), [this] { server_->Stop(); });
  EXPECT_EQ(ReadToEnd(open), "");
}

}  // namespace
}  // namespace herd::net
