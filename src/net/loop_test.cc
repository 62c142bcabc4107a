#include "net/loop.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace herd::net {
namespace {

TEST(Loop, GoesOnAfterExceptionsAndTellsOfThem) {
  Loop loop;
  std::vector<std::string> reported;
  loop.SetOnException([&](const std::exception& error) {
    reported.emplace_back(error.what());
    throw std::bad_alloc();  // telling may fail, too
  });
  bool reached = false;
  boost::asio::post(loop.context(), [] { throw std::length_error("first"); });
  boost::asio::post(loop.context(), [] { throw std::runtime_error("second"); });
  boost::asio::post(loop.context(), [&] {
    reached = true;
    loop.Stop();
  });
  loop.Run();
  EXPECT_TRUE(reached);
  EXPECT_EQ(reported, (std::vector<std::string>{"first", "second"}));
}

}  // namespace
}  // namespace herd::net
