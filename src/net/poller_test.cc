#include "net/poller.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>

#include "net/loop.h"

namespace herd::net {
namespace {

// Two ends of a connection: what is written to the far one can be read from the near one.
struct Pair {
  std::array<int, 2> ends{-1, -1};

  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    for (const int end : ends) ::close(end);
  }

  int near() const { return ends[0]; }
  void Write() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
};

class Watcher : public Poller::Watcher {
 public:
  explicit Watcher(std::function<void(std::uint32_t)> on_ready) : on_ready_(std::move(on_ready)) {}

  void OnReady(std::uint32_t events) override {
    ++calls;
    on_ready_(events);
  }

  int calls = 0;

 private:
  const std::function<void(std::uint32_t)> on_ready_;
};

// Lets the loop do all that is to be done now.
void Turn(Loop& loop) {
  while (loop.context().run_one_for(std::chrono::milliseconds(20)) != 0) {
  }
}

TEST(Poller, TellsOfASocketAsLongAsItCanBeRead) {
  Loop loop;
  const Pair pair;
  const auto watcher = std::make_shared<Watcher>([&](std::uint32_t events) {
    EXPECT_EQ(events, EPOLLIN);
    char byte = 0;
    EXPECT_EQ(::read(pair.near(), &byte, 1), 1);
  });
  ASSERT_FALSE(loop.poller().Add(pair.near(), EPOLLIN, watcher));
  Turn(loop);
  EXPECT_EQ(watcher->calls, 0);
  pair.Write();
  pair.Write();
  Turn(loop);
  EXPECT_EQ(watcher->calls, 2);
  loop.poller().Remove(pair.near());
}

TEST(Poller, TellsOnlyOfWhatIsWaitedFor) {
  Loop loop;
  const Pair pair;
  const auto watcher = std::make_shared<Watcher>([&](std::uint32_t events) {
    EXPECT_EQ(events, EPOLLOUT);
    loop.poller().Change(pair.near(), 0);
  });
  ASSERT_FALSE(loop.poller().Add(pair.near(), 0, watcher));
  pair.Write();
  Turn(loop);
  EXPECT_EQ(watcher->calls, 0);
  loop.poller().Change(pair.near(), EPOLLOUT);
  Turn(loop);
  EXPECT_EQ(watcher->calls, 1);
  loop.poller().Remove(pair.near());
}

TEST(Poller, TellsNothingOfWhatWasRemovedByOneThatWasReadyTogetherWithIt) {
  Loop loop;
  const std::array<Pair, 2> pairs;
  const auto remove_both = [&](std::uint32_t) {
    for (const Pair& pair : pairs) loop.poller().Remove(pair.near());
  };
  std::array<std::shared_ptr<Watcher>, 2> watchers;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    watchers[i] = std::make_shared<Watcher>(remove_both);
    ASSERT_FALSE(loop.poller().Add(pairs[i].near(), EPOLLIN, watchers[i]));
    pairs[i].Write();
  }
  Turn(loop);
  EXPECT_EQ(watchers[0]->calls + watchers[1]->calls, 1);
}

TEST(Poller, KeepsAWatcherUntilItReturnsFromTheCallThatRemovedIt) {
  Loop loop;
  const Pair pair;
  std::weak_ptr<Watcher> held;
  bool alive = false;
  {
    const auto watcher = std::make_shared<Watcher>([&](std::uint32_t) {
      loop.poller().Remove(pair.near());
      alive = !held.expired();
    });
    held = watcher;
    ASSERT_FALSE(loop.poller().Add(pair.near(), EPOLLIN, watcher));
  }
  EXPECT_FALSE(held.expired());
  pair.Write();
  Turn(loop);
  EXPECT_TRUE(alive);
  EXPECT_TRUE(held.expired());
}

TEST(Poller, LetsItsWatchersGoAtItsEnd) {
  const Pair pair;
  std::weak_ptr<Watcher> held;
  {
    Loop loop;
    const auto watcher = std::make_shared<Watcher>([](std::uint32_t) {});
    held = watcher;
    ASSERT_FALSE(loop.poller().Add(pair.near(), EPOLLIN, watcher));
  }
  EXPECT_TRUE(held.expired());
}

TEST(Poller, TellsThatASocketCannotBeWatched) {
  Loop loop;
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  const auto watcher = std::make_shared<Watcher>([](std::uint32_t) {});
  EXPECT_EQ(loop.poller().Add(file, EPOLLIN, watcher), std::errc::operation_not_permitted);
  EXPECT_EQ(watcher.use_count(), 1);
  loop.poller().Remove(file);
  ::close(file);
}

}  // namespace
}  // namespace herd::net
