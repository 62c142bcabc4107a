#include "net/listener.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace herd::net {
namespace {

using boost::asio::ip::tcp;

class ListenerTest : public ::testing::Test {
 protected:
  Loop loop_;
  std::vector<Socket> dialled_;
  int accepted_ = 0;

  std::unique_ptr<Listener> Open(int socket_bytes = Listener::kAsTheSystemDecides) {
    Loop* const loop = &loop_;
    auto listeners = Listener::Open("127.0.0.1", 0, {&loop, 1}, socket_bytes);
    if (!listeners) throw std::runtime_error(listeners.error());
    return std::move(listeners->front());
  }

  void Dial(const Listener& listener, int count) {
    for (int i = 0; i < count; ++i)
      dialled_.emplace_back(loop_.context()).connect(listener.endpoint());
  }

  void RunUntilAccepted(int count) {
    while (accepted_ < count) loop_.context().run_one();
  }

  static void Fail(const std::string& error) { FAIL() << error; }
};

// Who connects behind a thousand others is not to wait for a thousand rounds of the loop.
TEST_F(ListenerTest, TakesManyInOneRound) {
  constexpr int kCount = 40;
  const auto listener = Open();
  listener->Start([&](Loop&, const Socket&, const tcp::endpoint&) { return ++accepted_ > 0; },
                  Fail);
  Dial(*listener, kCount);
  RunUntilAccepted(1);
  EXPECT_EQ(accepted_, kCount);
  listener->Stop();
}

// What it says may be in its socket already.
TEST_F(ListenerTest, TakesNoOtherBeforeOneIsHeardThatMightHaveToMakeRoom) {
  const auto listener = Open();
  listener->Start([&](Loop&, const Socket&, const tcp::endpoint&) { return ++accepted_ < 3; },
                  Fail);
  Dial(*listener, 5);
  RunUntilAccepted(1);
  EXPECT_EQ(accepted_, 3);
  RunUntilAccepted(4);
  EXPECT_EQ(accepted_, 4);
  RunUntilAccepted(5);
  listener->Stop();
}

TEST_F(ListenerTest, GoesOnAfterAnException) {
  int reported = 0;
  loop_.SetOnException([&](const std::exception&) { ++reported; });
  const auto listener = Open();
  listener->Start(
      [&](Loop&, const Socket&, const tcp::endpoint&) {
        ++accepted_;
        if (accepted_ == 1 || accepted_ == 3) throw std::length_error("of a library");
        return true;
      },
      Fail);
  Dial(*listener, 3);
  RunUntilAccepted(3);
  Dial(*listener, 1);
  RunUntilAccepted(4);
  EXPECT_EQ(reported, 2);
  listener->Stop();
}

TEST_F(ListenerTest, BoundsWhatTheSystemKeepsOfEachConnection) {
  constexpr int kBytes = 20'000;
  const auto listener = Open(kBytes);
  boost::asio::socket_base::send_buffer_size sends;
  boost::asio::socket_base::receive_buffer_size receives;
  listener->Start(
      [&](Loop&, const Socket& socket, const tcp::endpoint&) {
        socket.get_option(sends);
        socket.get_option(receives);
        ++accepted_;
        return true;
      },
      Fail);
  Dial(*listener, 1);
  RunUntilAccepted(1);
  // The system doubles them, and Asio halves what it says.
  EXPECT_EQ(sends.value(), kBytes);
  EXPECT_EQ(receives.value(), kBytes);
  listener->Stop();
}

TEST_F(ListenerTest, IsRefusedThePortOfAnother) {
  const auto listener = Open();
  Loop* const loop = &loop_;
  const auto second = Listener::Open("127.0.0.1", listener->endpoint().port(), {&loop, 1});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("Address already in use"), std::string::npos) << second.error();
}

TEST_F(ListenerTest, SharesAPortBetweenItsLoopsAndWithNobodyElse) {
  Loop second;
  const std::array<Loop*, 2> loops{&loop_, &second};
  const auto listeners = Listener::Open("127.0.0.1", 0, loops);
  ASSERT_TRUE(listeners) << listeners.error();
  ASSERT_EQ(listeners->size(), 2U);
  EXPECT_EQ((*listeners)[0]->endpoint(), (*listeners)[1]->endpoint());
  EXPECT_FALSE(Listener::Open("127.0.0.1", (*listeners)[0]->endpoint().port(), loops));
}

}  // namespace
}  // namespace herd::net
