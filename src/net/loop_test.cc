#include "net/loop.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
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

// Works for as long as all turns may take together.
class Slow : public Poller::Watcher {
 public:
  explicit Slow(std::function<void()> on_turn) : on_turn_(std::move(on_turn)) {}

  void OnReady(std::uint32_t /*events*/) override {}
  void OnTurn() override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    while (std::chrono::steady_clock::now() < end) continue;
    on_turn_();
  }

 private:
  const std::function<void()> on_turn_;
};

TEST(Loop, HasOthersTheirSayBetweenTurnsThatTakeLong) {
  Loop loop;
  std::string order;
  for (const char name : {'a', 'b', 'c'})
    loop.QueueTurn(std::make_shared<Slow>([&order, name] { order += name; }));
  boost::asio::post(loop.context(), [&] { order += '-'; });
  loop.context().poll();
  EXPECT_EQ(order, "a-bc");
}

}  // namespace
}  // namespace herd::net
