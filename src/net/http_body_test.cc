#include "net/http_body.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace herd::net {
namespace {

constexpr HttpRequestBounds kBounds{
    .body_bytes_max = 100, .extension_bytes_max = 20, .trailer_bytes_max = 30};

// What comes of a chunked body: "413" of a fault, "..." of one that is not whole, else the body,
// and behind a "|" what does not belong to it any more.
std::string Read(const std::string& text) {
  HttpBodyReader reader = HttpBodyReader::Chunked(kBounds);
  std::string body;
  const std::size_t taken = reader.Take(text, body);
  if (reader.fault()) return std::to_string(reader.fault()->status);
  return reader.done() ? body + "|" + text.substr(taken) : "...";
}

TEST(HttpBody, HasItsLength) {
  HttpBodyReader reader = HttpBodyReader::OfLength(5, kBounds);
  std::string body;
  EXPECT_EQ(reader.Take("ab", body), 2U);
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.Take("cdeGET", body), 3U);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(body, "abcde");
  EXPECT_TRUE(HttpBodyReader::OfLength(0, kBounds).done());
  EXPECT_FALSE(HttpBodyReader::OfLength(100, kBounds).fault());
  EXPECT_EQ(HttpBodyReader::OfLength(101, kBounds).fault()->status, 413U);
}

TEST(HttpBody, IsReadChunkByChunk) {
  EXPECT_EQ(Read("0\r\n\r\nnext"), "|next");
  EXPECT_EQ(Read("3\r\nabc\r\n2;name=\"v\"\r\nde\r\n000\r\nX-Sum: 1\r\nY:\r\n\r\nGET /"),
            "abcde|GET /");
  EXPECT_EQ(Read("A\r\n0123456789\r\n0\r\n\r\n"), "0123456789|");
  EXPECT_EQ(Read("a\r\n01234\r\n\r\n\r\n0\r\n\r\n"), "400");
}

// What some readers take, and others understand otherwise.
TEST(HttpBody, IsRefusedWhenItsFramingIsNotExact) {
  for (const char* text : {"\r\n",
                           "g\r\n",
                           "0x3\r\nabc\r\n",
                           "+3\r\nabc\r\n",
                           "-1\r\n",
                           " 3\r\nabc\r\n",
                           "3 \r\nabc\r\n",
                           "3 ;a\r\nabc\r\n",
                           "3\r\nabcd\r\n",
                           "3\r\nabc\n0\r\n\r\n",
                           "3\r\nabc0\r\n\r\n",
                           "3;\x01\r\nabc\r\n",
                           "3\n;\r\nabc\r\n",
                           "00000000000000003\r\nabc\r\n",
                           "0\r\nno field\r\n\r\n",
                           "0\r\n: x\r\n\r\n",
                           "0\r\nX : y\r\n\r\n",
                           "0\r\n folded\r\n\r\n",
                           "0\r\nX: \x7f\r\n\r\n",
                           "0\r\nX: a\nY: b\r\n\r\n"}) {
    EXPECT_EQ(Read(text), "400") << text;
  }
  EXPECT_EQ(Read("3\nabc\n0\n\n" + std::string(50, 'x')), "413") << "a line that does not end";
}

TEST(HttpBody, IsBounded) {
  EXPECT_EQ(Read("64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n"), std::string(100, 'x') + "|");
  EXPECT_EQ(Read("65\r\n"), "413");
  EXPECT_EQ(Read("ffffffffffffffff\r\n"), "413");
  EXPECT_EQ(Read("63\r\n" + std::string(99, 'x') + "\r\n2\r\n"), "413");
  EXPECT_EQ(Read("1;" + std::string(19, 'e') + "\r\nx\r\n0\r\n\r\n"), "x|");
  EXPECT_EQ(Read("1;" + std::string(20, 'e') + "\r\nx\r\n0\r\n\r\n"), "413");
  EXPECT_EQ(Read("1;" + std::string(1000, 'e')), "413");
  EXPECT_EQ(Read("1;eeeeeeeee\r\nx\r\n1;eeeeeeeee\r\nx\r\n1;\r\n"), "413")
      << "of all chunks together";
  EXPECT_EQ(Read("0\r\nX: " + std::string(27, 't') + "\r\n\r\n"), "|");
  EXPECT_EQ(Read("0\r\nX: " + std::string(28, 't') + "\r\n\r\n"), "431");
  EXPECT_EQ(Read("0\r\nX: " + std::string(1000, 't')), "431");
  EXPECT_EQ(Read("0\r\nX: aaaaaaaaaa\r\nY: aaaaaaaaaa\r\nZ: aa\r\n\r\n"), "431")
      << "of all together";
}

// However the bytes come, the same comes of them.
RC_GTEST_PROP(HttpBody, DoesNotDependOnThePieces, ()) {
  const auto parts = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("3\r\nabc\r\n", "1;x=y\r\nz\r\n", "0\r\n", "\r\n", "T: 1\r\n",
                                    "\r", "\n", "5\r\n", ";", "a"));
  std::string text;
  for (const std::string& part : parts) text += part;
  HttpBodyReader reader = HttpBodyReader::Chunked(kBounds);
  std::string body;
  std::string waiting;
  std::size_t taken = 0;
  for (const char byte : text) {
    if (reader.done() || reader.fault()) break;
    waiting += byte;
    const std::size_t some = reader.Take(waiting, body);
    waiting.erase(0, some);
    taken += some;
    RC_ASSERT(waiting.size() <= 16 + kBounds.extension_bytes_max + kBounds.trailer_bytes_max + 2);
  }
  const std::string in_pieces = reader.fault()  ? std::to_string(reader.fault()->status)
                                : reader.done() ? body + "|" + text.substr(taken)
                                                : "...";
  RC_ASSERT(in_pieces == Read(text));
}

}  // namespace
}  // namespace herd::net
