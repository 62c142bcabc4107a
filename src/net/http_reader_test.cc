#include "net/http_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace herd::net {
namespace {

constexpr HttpRequestBounds kBounds{.head_bytes_max = 512, .body_bytes_max = 100};

// What comes of all requests in a text: "METHOD TARGET BODY" of each, then "400" of a fault or
// "..." of one that is not whole.
std::vector<std::string> Read(const std::string& text) {
  std::vector<std::string> requests;
  HttpReader reader(kBounds);
  std::size_t taken = 0;
  while (taken < text.size()) {
    const std::size_t some = reader.Take(std::string_view(text).substr(taken));
    taken += some;
    if (reader.fault()) {
      requests.push_back(std::to_string(reader.fault()->status));
      break;
    }
    if (!reader.done()) {
      requests.emplace_back("...");
      break;
    }
    requests.push_back(std::string(reader.head()->method) + " " +
                       std::string(reader.head()->target) + " " + reader.body());
    reader.Next();
  }
  return requests;
}

using Requests = std::vector<std::string>;

std::string Post(const std::string& headers, const std::string& body = "",
                 const std::string& version = "HTTP/1.1") {
  return "POST /a " + version + "\r\nHost: h\r\n" + headers + "\r\n" + body;
}

constexpr const char* kHidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(HttpReader, ReadsOneRequestAfterTheOther) {
  EXPECT_EQ(
      Read("GET /?q HTTP/1.1\r\nHost: h\r\n\r\n" + Post("Content-Length: 2\r\n", "xy") +
           Post("Transfer-Encoding: Chunked\r\n", "1\r\nz\r\n0\r\n\r\n") + "GET /b HTTP/1.1\r\n"),
      (Requests{"GET /?q ", "POST /a xy", "POST /a z", "..."}));
}

TEST(HttpReader, TellsWhatTheHeadSays) {
  HttpReader reader(kBounds);
  reader.Take("PUT /x HTTP/1.0\r\nConnection: keep-alive\r\nX-A:  b \r\nContent-Length: 1\r\n\r\n");
  ASSERT_NE(reader.head(), nullptr);
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.head()->version, 10U);
  EXPECT_TRUE(reader.head()->keep_alive);
  EXPECT_FALSE(reader.head()->expects_continue);
  ASSERT_EQ(reader.head()->headers.size(), 3U);
  EXPECT_EQ(reader.head()->headers[1].name, "X-A");
  EXPECT_EQ(reader.head()->headers[1].value, "b");
}

TEST(HttpReader, KnowsWhoWaitsForAWord) {
  HttpReader reader(kBounds);
  reader.Take(Post("Expect: 100-Continue\r\nContent-Length: 1\r\n"));
  ASSERT_NE(reader.head(), nullptr);
  EXPECT_TRUE(reader.head()->expects_continue);
  EXPECT_EQ(Read(Post("Expect: tea\r\n")), Requests{"417"});
  HttpReader old(kBounds);
  old.Take(Post("Expect: 100-continue\r\nContent-Length: 1\r\n", "", "HTTP/1.0"));
  ASSERT_NE(old.head(), nullptr);
  EXPECT_FALSE(old.head()->expects_continue);  // it would not understand it
}

// Each of these is, or was, understood otherwise by some reader, so that a request could hide.
TEST(HttpReader, RefusesWhatHidesRequests) {
  EXPECT_EQ(Read(Post("Transfer-Encoding: gzip\r\n", kHidden)), Requests{"501"});
  EXPECT_EQ(Read(Post("Transfer-Encoding: gzip, chunked\r\n", kHidden)), Requests{"501"});
  EXPECT_EQ(Read(Post("Transfer-Encoding: chunked, identity\r\n", kHidden)), Requests{"501"});
  EXPECT_EQ(Read(Post("Transfer-Encoding: \"chunked\"\r\n", kHidden)), Requests{"501"});
  EXPECT_EQ(Read(Post("Transfer-Encoding: chunked, chunked\r\n", kHidden)).size(), 1U);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string end = std::string("0\r\n\r\n") + kHidden;
  for (const std::string& headers : {chunked + "Content-Length: 5\r\n",
                                     "Content-Length: 5\r\n" + chunked,
                                     std::string("Content-Length: 5\r\nContent-Length: 5\r\n"),
                                     std::string("Content-Length: 5\r\nContent-Length: 6\r\n"),
                                     std::string("Content-Length: 5, 5\r\n"),
                                     std::string("Content-Length: +5\r\n"),
                                     std::string("Content-Length: 0x5\r\n"),
                                     std::string("Content-Length: -1\r\n"),
                                     std::string("Content-Length: \r\n"),
                                     std::string("Content-Length: 5 5\r\n"),
                                     std::string("Content-Length: 18446744073709551616\r\n"),
                                     std::string("Content-Length : 5\r\n"),
                                     std::string(" Content-Length: 5\r\n"),
                                     std::string("X: a\r\n b\r\n"),
                                     std::string("X: a\r\n\tb\r\n"),
                                     std::string("X: a\nContent-Length: 5\r\n"),
                                     std::string("X: a\rContent-Length: 5\r\n"),
                                     std::string("X: a\0b\r\n", 9),
                                     std::string("no field\r\n"),
                                     std::string(": x\r\n")}) {
    EXPECT_EQ(Read(Post(headers, end)), Requests{"400"}) << headers;
  }
  EXPECT_EQ(Read(Post(chunked + chunked, end)), Requests{"400"});
  EXPECT_EQ(Read(Post(chunked, end, "HTTP/1.0")), Requests{"400"});
}

TEST(HttpReader, RefusesWhatIsNoHttpAtOnce) {
  for (const std::string& text :
       {std::string("IAMAT kiwi +1+2 3\r\n"), std::string("GET /\r\n"), std::string("\r\n\r\n"),
        std::string("\0", 1), std::string("\x16\x03\x01"), std::string(" GET / HTTP/1.1\r\n"),
        std::string("G\xC3\x96T / HTTP/1.1\r\n"), std::string("GET / HTTP/1.1\n")})
    EXPECT_EQ(Read(text), Requests{"400"}) << text;
  EXPECT_EQ(Read("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), Requests{"400"});
  EXPECT_EQ(Read("GET / HTTP/1.1\r\nHost: h\r"), Requests{"..."});
}

TEST(HttpReader, BoundsTheHeadAndTheBody) {
  const std::string start = "GET / HTTP/1.1\r\nX: ";
  const auto with = [&](std::size_t bytes) {
    return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(Read(with(512)), Requests{"GET / "});
  EXPECT_EQ(Read(with(513)), Requests{"431"});
  EXPECT_EQ(Read("GET /" + std::string(100'000, 'a')), Requests{"431"});
  EXPECT_EQ(Read(Post("Content-Length: 101\r\n")), Requests{"413"});
  EXPECT_EQ(Read(Post("Transfer-Encoding: chunked\r\n", "65\r\n")), Requests{"413"});
  EXPECT_EQ(Read(Post("Transfer-Encoding: chunked\r\n", "1;" + std::string(5000, 'e'))),
            Requests{"413"});
  EXPECT_EQ(Read(Post("Transfer-Encoding: chunked\r\n", "0\r\nX: " + std::string(70'000, 't'))),
            Requests{"431"});
}

// A request byte by byte: the same comes of it, and no more is kept than the bounds say.
TEST(HttpReader, TakesAnyPieces) {
  const std::string text = Post("Transfer-Encoding: chunked\r\n", "2;x\r\nab\r\n0\r\nT: 1\r\n\r\n");
  HttpReader reader(kBounds);
  std::string waiting;
  for (const char byte : text) {
    ASSERT_FALSE(reader.done());
    waiting += byte;
    waiting.erase(0, reader.Take(waiting));
    ASSERT_FALSE(reader.fault()) << reader.fault()->why;
  }
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.body(), "ab");
}

}  // namespace
}  // namespace herd::net
