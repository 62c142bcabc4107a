#include "server/durability.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace herd::server {
namespace {

// A client's connection whose reply is held.
class Writer : public net::Connection {
 public:
  explicit Writer(net::Loop& loop) : Connection(loop, Open(loop), 1000, nullptr) {}

  void ReplyBy(Durability& durability) {
    Resume("reply");
    durability.Hold(*this, {});
  }

  bool refused() const { return refused_; }

 protected:
  std::size_t OnInput(std::string_view input, bool /*end*/, std::string& /*out*/) override {
    return input.size();
  }
  unsigned HoldsBeforeWrite() override { return 1; }
  std::size_t OwedBytes(const std::string& /*out*/) override { return 0; }
  void OnRefused(bool /*took_back*/) override { refused_ = true; }

 private:
  bool refused_ = false;

  static net::Socket Open(net::Loop& loop) {
    net::Socket socket(loop.context());
    socket.open(boost::asio::ip::tcp::v4());
    return socket;
  }
};

TEST(Durability, KeepsNobodyWaitingOnceTheServerEnds) {
  net::Loop loop;
  spdlog::logger log("test");
  std::vector<Durability::Done> never;
  Durability durability(
      loop, "the test",
      [&](const auto&, Durability::Done done) { never.push_back(std::move(done)); },
      {.timeout = std::chrono::hours(1)}, log);
  const auto before = std::make_shared<Writer>(loop);
  before->ReplyBy(durability);
  loop.context().poll();
  EXPECT_FALSE(before->refused());
  durability.WaitNoLonger();
  const auto after = std::make_shared<Writer>(loop);
  after->ReplyBy(durability);
  loop.context().poll();
  EXPECT_TRUE(before->refused());
  EXPECT_TRUE(after->refused());
  EXPECT_EQ(durability.counts().refused, 2U);
}

}  // namespace
}  // namespace herd::server
