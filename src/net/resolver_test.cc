#include "net/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

namespace herd::net {
namespace {

using boost::asio::ip::make_address;

// A look-up that takes until it is let go. Threads that outlive the test share it.
struct Slow {
  std::promise<void> let_go;
  std::shared_future<void> gone = let_go.get_future().share();
  std::atomic<int> asked = 0;
  std::atomic<int> answered = 0;
};

Resolver::LookUp LookUpOf(const std::shared_ptr<Slow>& slow) {
  return [slow](const std::string&) -> Resolver::Result {
    ++slow->asked;
    slow->gone.wait();
    ++slow->answered;
    return std::vector{make_address("192.0.2.1")};
  };
}

// Runs the loop until there is a result.
Resolver::Result Wait(Loop& loop, const std::optional<Resolver::Result>& result) {
  while (!result) loop.context().run_one_for(std::chrono::seconds(10));
  return *result;
}

class ResolverTest : public ::testing::Test {
 protected:
  std::shared_ptr<Slow> slow_ = std::make_shared<Slow>();
  Loop loop_;
  std::optional<Resolver::Result> result_;

  Resolver::OnDone Keep() {
    return [this](Resolver::Result result) { result_ = std::move(result); };
  }
};

TEST_F(ResolverTest, KeepsNoOtherNameWaiting) {
  Resolver slow(loop_, LookUpOf(slow_));
  slow.Resolve("slow.example", [](auto) { FAIL(); });
  Resolver quick(loop_);
  quick.Resolve("localhost", Keep());
  const Resolver::Result found = Wait(loop_, result_);
  ASSERT_TRUE(found) << found.error();
  EXPECT_TRUE(found->front().is_loopback());
  slow.Cancel();
  slow_->let_go.set_value();
}

TEST_F(ResolverTest, IsNotWaitedForByWhoEnds) {
  {
    Loop loop;
    Resolver resolver(loop, LookUpOf(slow_));
    resolver.Resolve("slow.example", [](auto) { FAIL(); });
  }
  // The thread comes back when resolver and loop are gone.
  slow_->let_go.set_value();
  while (slow_->answered == 0) std::this_thread::yield();
}

TEST_F(ResolverTest, HasALookUpUnderWayAnswerTheNextWhoAsks) {
  Resolver resolver(loop_, LookUpOf(slow_));
  resolver.Resolve("slow.example", [](auto) { FAIL(); });
  resolver.Cancel();
  resolver.Resolve("slow.example", Keep());
  slow_->let_go.set_value();
  EXPECT_EQ(Wait(loop_, result_), std::vector{make_address("192.0.2.1")});
  EXPECT_EQ(slow_->asked, 1);
  // Once it has answered a name is looked up anew.
  result_.reset();
  resolver.Resolve("slow.example", Keep());
  EXPECT_TRUE(Wait(loop_, result_));
  EXPECT_EQ(slow_->asked, 2);
}

TEST_F(ResolverTest, TakesNoAnswerOfAnotherNameForItsOwn) {
  Resolver resolver(loop_, [slow = slow_](const std::string& host) -> Resolver::Result {
    if (host == "slow.example") slow->gone.wait();
    ++slow->answered;
    return std::unexpected(host);
  });
  resolver.Resolve("slow.example", [](auto) { FAIL(); });
  resolver.Resolve("quick.example", Keep());
  EXPECT_EQ(Wait(loop_, result_).error(), "quick.example");
  slow_->let_go.set_value();
  while (slow_->answered < 2) std::this_thread::yield();
  loop_.context().run_for(std::chrono::milliseconds(1));
  EXPECT_EQ(result_->error(), "quick.example");
}

TEST_F(ResolverTest, AsksAgainWhenThereWasNoMemory) {
  std::atomic<int> asked = 0;
  Resolver resolver(loop_, [&](const std::string&) -> Resolver::Result {
    if (++asked == 1) throw std::bad_alloc();
    return std::unexpected("no such name");
  });
  resolver.Resolve("a.example", Keep());
  EXPECT_EQ(Wait(loop_, result_).error(), "no such name");
}

// What cannot be copied for another thread while there is no memory.
struct ScarceLookUp {
  bool* scarce;

  explicit ScarceLookUp(bool& none) : scarce(&none) {}
  ScarceLookUp(const ScarceLookUp& other) : scarce(other.scarce) {
    if (*scarce) throw std::bad_alloc();
  }
  Resolver::Result operator()(const std::string&) const {
    return std::vector{make_address("192.0.2.1")};
  }
};

TEST_F(ResolverTest, AsksAnewWhenTheLastCouldNotBegin) {
  bool scarce = false;
  Resolver resolver(loop_, ScarceLookUp(scarce));
  scarce = true;
  resolver.Resolve("a.example", Keep());
  EXPECT_FALSE(Wait(loop_, result_));
  scarce = false;
  result_.reset();
  resolver.Resolve("a.example", Keep());
  EXPECT_TRUE(Wait(loop_, result_));
}

TEST_F(ResolverTest, SaysWhyAHostHasNoAddress) {
  Resolver resolver(loop_);
  resolver.Resolve("nobody.invalid", Keep());
  const Resolver::Result found = Wait(loop_, result_);
  ASSERT_FALSE(found);
  EXPECT_NE(found.error(), "");
}

}  // namespace
}  // namespace herd::net
