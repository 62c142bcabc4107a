#include "server/log_limit.h"

#include <gtest/gtest.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <memory>
#include <sstream>

namespace herd::server {
namespace {

TEST(LogLimit, CountsWhatItLeftUnsaidSinceTheLastLine) {
  std::ostringstream out;
  spdlog::logger log("test", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
  log.set_pattern("%v");
  LogLimit limit(std::chrono::seconds(1));
  for (const int ms : {5000, 5001, 5999, 6000, 7000, 7500, 8000})
    limit.Log(log, flood::Instant(std::chrono::milliseconds(ms)), "no");
  EXPECT_EQ(out.str(),
            "no\n"
            "no (2 more like it since the last)\n"
            "no\n"
            "no (1 more like it since the last)\n");
}

}  // namespace
}  // namespace herd::server
