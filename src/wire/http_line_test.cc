#include "wire/http_line.h"

#include <gtest/gtest.h>

namespace herd::wire {
namespace {

TEST(IsHttpRequestLine, KnowsRequestsOfAnyMethodAndVersion) {
  for (const char* line : {"GET / HTTP/1.1", "POST /a?b=c HTTP/1.0", "PRI * HTTP/2.0",
                           "OPTIONS * HTTP/1.1", "M-SEARCH * HTTP/1.1", "get / HTTP/1.1",
                           "CONNECT host:1 HTTP/1.1", "GET http://a/b HTTP/1.1"})
    EXPECT_TRUE(IsHttpRequestLine(line)) << line;
}

TEST(IsHttpRequestLine, TakesNothingElseForOne) {
  for (const char* line :
       {"", " ", "GET", "GET /", "GET HTTP/1.1", " / HTTP/1.1", "GET / HTTP/1", "GET / HTTP/11",
        "GET / HTTP/1.x", "GET / HTTP/x.1", "GET / HTTP/1.12", "GET / http/1.1", "GET / XTTP/1.1",
        "WHATSAT kiwi 10 5", "IAMAT HTTP/1.1 +1+2 3"})
    EXPECT_FALSE(IsHttpRequestLine(line)) << line;
}

}  // namespace
}  // namespace herd::wire
