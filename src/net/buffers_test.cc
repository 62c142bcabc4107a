#include "net/buffers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"

namespace herd::net {
namespace {

// A connection that only holds.
class Holder : public Connection {
 public:
  Holder(Loop& loop, Buffers& buffers)
      : Connection(loop, Open(loop), 1, nullptr), buffers_(buffers) {}

  void Hold(std::size_t bytes) {
    held_ = bytes;
    Resume({});
  }

 protected:
  std::size_t OnInput(std::string_view input, bool, std::string&) override { return input.size(); }
  Buffers* buffers() override { return &buffers_; }
  std::size_t HeldBySession() const override { return held_; }
  void OnLetGo() override { held_ = 0; }

 private:
  Buffers& buffers_;
  std::size_t held_ = 0;

  static Socket Open(Loop& loop) {
    Socket socket(loop.context());
    socket.open(boost::asio::ip::tcp::v4());
    return socket;
  }
};

class BuffersTest : public ::testing::Test {
 protected:
  std::shared_ptr<Holder> Make(std::size_t bytes) {
    auto holder = std::make_shared<Holder>(loop_, buffers_);
    holder->Hold(bytes);
    return holder;
  }

  static constexpr std::size_t kSocketBytes = 10'000;

  Loop loop_;
  std::atomic<std::uint64_t> total_ = 0;
  Buffers buffers_{loop_, 100'000, kSocketBytes, total_};
};

TEST_F(BuffersTest, CountWhatIsHeldOfSomeSize) {
  const auto small = Make(Buffers::kCountedMin - 1);
  EXPECT_EQ(total_, 0U);
  auto large = Make(5000);
  EXPECT_EQ(total_, 5000U);
  large->Hold(6000);
  EXPECT_EQ(total_, 6000U);
  large->Hold(10);
  EXPECT_EQ(total_, 0U);
  large->Hold(5000);
  large.reset();
  EXPECT_EQ(total_, 0U);
}

TEST_F(BuffersTest, OverTheBoundCloseWhoHoldsMostForLongest) {
  const auto modest = Make(9'000);
  const auto first = Make(40'000);
  const auto second = Make(41'000);
  loop_.context().poll();
  EXPECT_FALSE(first->closed());
  const auto third = Make(39'000);
  EXPECT_FALSE(first->closed());  // not within what a connection does
  loop_.context().restart();
  loop_.context().poll();
  EXPECT_TRUE(first->closed());
  EXPECT_FALSE(second->closed());
  EXPECT_FALSE(third->closed());
  EXPECT_FALSE(modest->closed());
  EXPECT_EQ(total_, 89'000U);
}

}  // namespace
}  // namespace herd::net
