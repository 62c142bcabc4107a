#include "net/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/listener.h"

namespace herd::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// Sends every byte back; 'q' closes after what came before it, and after what `late` still brings;
// '!' throws.
class Echo : public Connection {
 public:
  struct Events {
    std::size_t bytes_taken = 0;
    std::size_t turn = std::string::npos;  // so many bytes are taken in one
    unsigned turns = 0;
    unsigned holds = 0;
    bool late = false;                     // an answer is still to come by Late
    std::size_t owed = std::string::npos;  // of bytes that are held and may be refused
    unsigned pieces = 0;                   // of kPiece, are said when all else has been written
    std::vector<CloseReason> closed;
    Buffers* buffers = nullptr;
  };

  static constexpr std::size_t kPiece = 1000;
  static constexpr unsigned kForEver = 1'000'000'000;

  Echo(Loop& loop, Socket socket, std::size_t output_bytes_max, IdleList* idle_list, Events& events)
      : Connection(loop, std::move(socket), output_bytes_max, idle_list), events_(events) {}

  using Connection::Established;

  // The answer that the connection was busy with.
  void Late(const std::string& answer) {
    events_.late = false;
    Resume(answer);
  }

 protected:
  std::size_t OnInput(std::string_view input, bool /*end*/, std::string& out) override {
    std::size_t taken = 0;
    if (!input.empty()) ++events_.turns;
    while (taken < input.size() && HasRoom(out)) {
      if (taken == events_.turn) {
        Yield();
        break;
      }
      if (input[taken] == 'q') {
        CloseAfterWrite();
        return input.size();
      }
      if (input[taken] == '!') throw std::length_error("of a library");
      out += input[taken++];
    }
    events_.bytes_taken += taken;
    return taken;
  }

  bool Busy() const override { return events_.late; }
  unsigned HoldsBeforeWrite() override { return events_.holds; }
  std::size_t OwedBytes(const std::string& out) override {
    return std::min(events_.owed, out.size());
  }

  void OnDrained(std::string& out) override {
    if (events_.pieces == 0) return;
    --events_.pieces;
    out.append(kPiece, '.');
  }

  Buffers* buffers() override { return events_.buffers; }
  void OnClosed(CloseReason reason) override { events_.closed.push_back(reason); }

 private:
  Events& events_;
};

// One loop with echoing connections, run by the test step by step.
class Connections : public ::testing::Test {
 protected:
  void SetUp() override {
    Loop* const loop = &loop_;
    auto listeners = Listener::Open("127.0.0.1", 0, {&loop, 1}, kSocketBytes);
    ASSERT_TRUE(listeners) << listeners.error();
    listener_ = std::move(listeners->front());
    listener_->Start(
        [this](Loop& accepting, Socket socket, const tcp::endpoint&) {
          auto echo = std::make_shared<Echo>(accepting, std::move(socket), kOutputBytesMax,
                                             idle_list_, events_);
          last_ = echo;
          echo->Start();
          return true;
        },
        [](const std::string& error) { FAIL() << error; });
  }

  void TearDown() override {
    listener_->Stop();
    if (const auto echo = last_.lock()) echo->Close();
    RunUntil([&] { return last_.expired(); });
  }

  // Runs the loop until `condition` holds, for ten seconds at most.
  void RunUntil(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
      loop_.context().run_one_for(std::chrono::milliseconds(10));
    }
  }

  Socket Dial() {
    Socket socket(loop_.context());
    socket.connect(listener_->endpoint());
    RunUntil([&] { return !last_.expired(); });
    return socket;
  }

  // Reads until there are `size` bytes or the end.
  std::string Read(Socket& socket, std::size_t size) {
    std::string text;
    bool ended = false;
    socket.non_blocking(true);
    RunUntil([&] {
      std::array<char, 65'536> buffer{};
      error_code error;
      const std::size_t got = socket.read_some(boost::asio::buffer(buffer), error);
      text.append(buffer.data(), got);
      ended = error == boost::asio::error::eof;
      return ended || text.size() >= size;
    });
    return ended ? text + "<end>" : text;
  }

  static constexpr std::size_t kOutputBytesMax = 10'000;
  static constexpr int kSocketBytes = 65'536;

  Echo::Events events_;
  std::weak_ptr<Echo> last_;
  Loop loop_;
  IdleList patient_{loop_, std::chrono::seconds(60)};
  IdleList impatient_{loop_, std::chrono::seconds(1)};
  IdleList* idle_list_ = &patient_;  // of the connections to come
  std::unique_ptr<Listener> listener_;
};

TEST_F(Connections, AnswerWhatCameAndCloseAfterAHalfClose) {
  Socket socket = Dial();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  socket.shutdown(Socket::shutdown_send);
  EXPECT_EQ(Read(socket, 100), "hello<end>");
  RunUntil([&] { return !events_.closed.empty(); });
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kFinished});
}

TEST_F(Connections, CloseAfterWritingAndThrowAwayTheRest) {
  Socket socket = Dial();
  boost::asio::write(socket, boost::asio::buffer(std::string("helloq and more")));
  EXPECT_EQ(Read(socket, 100), "hello<end>");
  boost::asio::write(socket, boost::asio::buffer(std::string("and still more")));
  socket.shutdown(Socket::shutdown_send);
  RunUntil([&] { return !events_.closed.empty(); });
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kFinished});
}

TEST_F(Connections, CloseOnlyAfterTheAnswersThatAreStillOwed) {
  events_.late = true;
  Socket socket = Dial();
  const std::shared_ptr<Echo> busy = last_.lock();
  boost::asio::write(socket, boost::asio::buffer(std::string("helloq and more")));
  EXPECT_EQ(Read(socket, 5), "hello");
  loop_.context().poll();
  busy->Late(", late");
  EXPECT_EQ(Read(socket, 100), ", late<end>");
}

TEST_F(Connections, SendWhatIsOwedBeforeWhatIsRefused) {
  events_.holds = 2;
  events_.owed = 3;
  Socket socket = Dial();
  const std::shared_ptr<Echo> held = last_.lock();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  RunUntil([&] { return events_.bytes_taken == 5; });
  held->Refuse();
  loop_.context().poll();
  EXPECT_EQ(socket.available(), 0U);  // the other reason is still there
  held->Release();
  EXPECT_EQ(Read(socket, 100), "hel<end>");
}

TEST_F(Connections, AreNotIdleWhileTheyOweAnAnswer) {
  idle_list_ = &impatient_;
  events_.late = true;
  Socket socket = Dial();
  const std::shared_ptr<Echo> busy = last_.lock();
  const auto start = std::chrono::steady_clock::now();
  RunUntil(
      [&] { return std::chrono::steady_clock::now() - start > std::chrono::milliseconds(1200); });
  EXPECT_EQ(events_.closed, std::vector<CloseReason>{});
  busy->Late("late");
  EXPECT_EQ(Read(socket, 100), "late<end>");
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kIdle});
}

TEST_F(Connections, EndAloneByAnExceptionThatNobodyExpected) {
  std::vector<std::string> reported;
  loop_.SetOnException([&](const std::exception& error) { reported.emplace_back(error.what()); });
  Socket other = Dial();
  const std::shared_ptr<Echo> kept = last_.lock();
  last_.reset();
  Socket socket = Dial();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello!")));
  RunUntil([&] { return !events_.closed.empty(); });
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kDropped});
  EXPECT_EQ(reported, std::vector<std::string>{"of a library"});
  boost::asio::write(other, boost::asio::buffer(std::string("still here")));
  EXPECT_EQ(Read(other, 10), "still here");
  kept->Close();
}

TEST_F(Connections, GiveOthersTheirTurn) {
  events_.turn = 3;
  Socket greedy = Dial();
  const std::shared_ptr<Echo> first = last_.lock();
  boost::asio::write(greedy, boost::asio::buffer(std::string(10, 'x')));
  greedy.shutdown(Socket::shutdown_send);
  // One turn a call, and what is left over is kept for it, though the peer sends no more.
  RunUntil([&] { return events_.bytes_taken > 0; });
  EXPECT_EQ(events_.bytes_taken, 3U);
  EXPECT_EQ(Read(greedy, 100), std::string(10, 'x') + "<end>");
  EXPECT_EQ(events_.turns, 4U);
}

TEST_F(Connections, ReadNothingWhileTheyWaitForTheirTurn) {
  std::atomic<std::uint64_t> total = 0;
  Buffers buffers(loop_, 1'000'000'000, kSocketBytes, total);
  events_.buffers = &buffers;
  events_.turn = 1;
  Socket greedy = Dial();
  greedy.non_blocking(true);
  const std::string text(65'536, 'x');
  for (int step = 0; step < 200; ++step) {
    error_code error;
    greedy.write_some(boost::asio::buffer(text), error);
    loop_.context().run_one_for(std::chrono::milliseconds(10));
    ASSERT_LE(total, 2 * Loop::kReadBytes);
  }
  EXPECT_GT(events_.turns, 10U);
}

TEST_F(Connections, SayAllThatTheyHaveInManyPieces) {
  events_.pieces = 50;
  Socket socket = Dial();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  EXPECT_EQ(Read(socket, 5 + 50 * Echo::kPiece), "hello" + std::string(50 * Echo::kPiece, '.'));
}

TEST_F(Connections, ReadWhatComesThoughTheyAlwaysHaveSomethingToSay) {
  events_.pieces = Echo::kForEver;
  Socket socket = Dial();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  RunUntil([&] { return events_.bytes_taken == 5; });
  boost::asio::write(socket, boost::asio::buffer(std::string(", world")));
  socket.non_blocking(true);
  // The peer reads faster than they speak.
  std::vector<char> buffer(1'000'000);
  RunUntil([&] {
    error_code error;
    socket.read_some(boost::asio::buffer(buffer), error);
    return events_.bytes_taken == 12;
  });
}

TEST_F(Connections, StopReadingFromWhoDoesNotRead) {
  Socket socket = Dial();
  socket.non_blocking(true);
  const std::string block(65'536, 'x');
  std::size_t sent = 0;
  // Until both ends' system buffers and the connection are full.
  int refused_in_a_row = 0;
  while (refused_in_a_row < 20) {
    error_code error;
    const std::size_t size = socket.write_some(boost::asio::buffer(block), error);
    sent += size;
    refused_in_a_row = size == 0 ? refused_in_a_row + 1 : 0;
    loop_.context().run_one_for(std::chrono::milliseconds(5));
  }
  EXPECT_LT(events_.bytes_taken, sent);
  socket.shutdown(Socket::shutdown_send);
  const std::string echoed = Read(socket, sent + 1);
  EXPECT_EQ(echoed.size(), sent + std::string("<end>").size());
  EXPECT_EQ(events_.bytes_taken, sent);
}

TEST_F(Connections, CloseWhenNothingMoves) {
  idle_list_ = &impatient_;
  Socket socket = Dial();
  EXPECT_EQ(Read(socket, 100), "<end>");
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kIdle});
}

TEST_F(Connections, AnswerWhatHasComeWhenTheyFinish) {
  Socket socket = Dial();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  patient_.FinishAll();
  EXPECT_EQ(Read(socket, 100), "hello<end>");
}

TEST_F(Connections, FinishWhetherOrNotTheyHaveProvedThemselves) {
  IdleList newcomers(loop_, std::chrono::seconds(60), patient_);
  idle_list_ = &newcomers;
  const Socket one = Dial();
  last_.lock()->Established();
  last_.reset();
  const Socket other = Dial();
  newcomers.FinishAll();
  EXPECT_EQ(events_.closed, std::vector(2, CloseReason::kFinished));
}

TEST_F(Connections, EndAtOnceWhenNothingIsOnItsWay) {
  const Socket socket = Dial();
  patient_.FinishAll();
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kFinished});
}

TEST_F(Connections, HoldWhatMayNotGoOutYet) {
  events_.holds = 2;
  Socket socket = Dial();
  const std::shared_ptr<Echo> held = last_.lock();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  RunUntil([&] { return events_.bytes_taken == 5; });
  boost::asio::write(socket, boost::asio::buffer(std::string(", world")));
  socket.shutdown(Socket::shutdown_send);
  // Neither is the one written nor the other read until the release.
  loop_.context().poll();
  EXPECT_EQ(events_.bytes_taken, 5U);
  EXPECT_EQ(socket.available(), 0U);
  events_.holds = 0;
  held->Release();
  loop_.context().poll();
  EXPECT_EQ(socket.available(), 0U);  // the other reason is still there
  held->Release();
  EXPECT_EQ(Read(socket, 100), "hello, world<end>");
  RunUntil([&] { return !events_.closed.empty(); });
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kFinished});
}

TEST_F(Connections, FinishOnlyWhenWhatIsHeldIsWritten) {
  events_.holds = 1;
  Socket socket = Dial();
  const std::shared_ptr<Echo> held = last_.lock();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  RunUntil([&] { return events_.bytes_taken == 5; });
  patient_.FinishAll();
  EXPECT_EQ(events_.closed, std::vector<CloseReason>{});
  held->Release();
  EXPECT_EQ(Read(socket, 100), "hello<end>");
}

TEST_F(Connections, NoticeAPeerThatBreaksOff) {
  Socket socket = Dial();
  socket.set_option(boost::asio::socket_base::linger(true, 0));
  socket.close();
  RunUntil([&] { return !events_.closed.empty(); });
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kGone});
}

TEST_F(Connections, NoticeAPeerThatBreaksOffWhileTheyHold) {
  events_.holds = 1;
  Socket socket = Dial();
  const std::shared_ptr<Echo> held = last_.lock();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  RunUntil([&] { return events_.bytes_taken == 5; });
  socket.set_option(boost::asio::socket_base::linger(true, 0));
  socket.close();
  RunUntil([&] { return !events_.closed.empty(); });
  EXPECT_EQ(events_.closed, std::vector{CloseReason::kGone});
  held->Release();
}

TEST_F(Connections, OweNothingBehindWhatIsRefused) {
  events_.holds = 1;
  events_.owed = 3;
  events_.late = true;
  Socket socket = Dial();
  const std::shared_ptr<Echo> held = last_.lock();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  RunUntil([&] { return events_.bytes_taken == 5; });
  held->Late(" more");
  held->Refuse();
  EXPECT_EQ(Read(socket, 100), "hel<end>");
}

TEST_F(Connections, CountWhatTheSystemHoldsOfAFullSocketAndFreeItWhenLetGo) {
  std::atomic<std::uint64_t> total = 0;
  Buffers buffers(loop_, 1'000'000'000, kSocketBytes, total);
  events_.buffers = &buffers;
  Socket socket = Dial();
  socket.non_blocking(true);
  // The peer writes and never reads, until no more is taken of it.
  const std::string text(65'536, 'x');
  RunUntil([&] {
    error_code error;
    while (!error) socket.write_some(boost::asio::buffer(text), error);
    // What the system holds in both directions is counted, and what the connection does.
    return total > 4 * kSocketBytes + kOutputBytesMax;
  });
  // Some megabytes more would be there without the bound.
  EXPECT_LT(events_.bytes_taken, 2'000'000U);
  last_.lock()->LetGo();
  EXPECT_EQ(total, 0U);
  // Not even what is on its way comes.
  error_code error;
  std::vector<char> rest(10'000'000);
  boost::asio::read(socket, boost::asio::buffer(rest), error);
  EXPECT_EQ(error, boost::asio::error::connection_reset);
}

TEST_F(Connections, CountWhatTheSystemHoldsThoughTheyReadOn) {
  std::atomic<std::uint64_t> total = 0;
  Buffers buffers(loop_, 1'000'000'000, kSocketBytes, total);
  events_.buffers = &buffers;
  events_.pieces = Echo::kForEver;
  Socket socket = Dial();
  boost::asio::write(socket, boost::asio::buffer(std::string("hello")));
  // Until the socket is full; one piece waits, which itself is too small to be counted.
  RunUntil([&] { return total >= buffers.full_socket_bytes(); });
  EXPECT_LT(total, buffers.full_socket_bytes() + Buffers::kCountedMin);
  last_.lock()->LetGo();
  EXPECT_EQ(total, 0U);
  // Though nothing was left unread, what the system holds is not sent.
  error_code error;
  std::vector<char> rest(10'000'000);
  boost::asio::read(socket, boost::asio::buffer(rest), error);
  EXPECT_EQ(error, boost::asio::error::connection_reset);
}

TEST_F(Connections, CanBeClosedBeforeTheyStart) {
  Socket socket = Dial();
  Socket other(loop_.context());
  other.connect(listener_->endpoint());
  Echo::Events events;
  const auto unstarted =
      std::make_shared<Echo>(loop_, std::move(other), kOutputBytesMax, &patient_, events);
  unstarted->Close();
  EXPECT_EQ(events.closed, std::vector{CloseReason::kDropped});
}

// Closes itself within one of the session's functions. Its socket's number is at once that of
// another socket, as when another thread opens one: what then comes there has been written by
// error.
class ClosedWithin : public Connection {
 public:
  enum class Where { kInput, kHolds, kDrained };

  ClosedWithin(Loop& loop, Socket socket, IdleList* idle_list, Where where)
      : Connection(loop, std::move(socket), 10'000, idle_list), where_(where) {}

  using Connection::Resume;

  void set_number(int number) { number_ = number; }

  // What came to the other socket of that number.
  std::string Stray() const {
    std::array<char, 1000> buffer{};
    const ssize_t size = ::recv(pair_[0], buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size == 0) return "<shut>";
    return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

  ~ClosedWithin() override {
    ::close(pair_[0]);
    ::close(pair_[1]);
    if (closed() && pair_[1] != number_) ::close(number_);
  }

 protected:
  std::size_t OnInput(std::string_view input, bool /*end*/, std::string& out) override {
    out += "answer";
    if (where_ == Where::kInput) CloseHere();
    return input.size();
  }
  unsigned HoldsBeforeWrite() override {
    if (where_ == Where::kHolds) CloseHere();
    return 0;
  }
  void OnDrained(std::string& out) override {
    if (where_ != Where::kDrained || closed()) return;
    CloseHere();
    out += "more";
  }

 private:
  const Where where_;
  int number_ = -1;
  std::array<int, 2> pair_{-1, -1};

  void CloseHere() {
    Close();
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair_.data()), 0);
    if (pair_[0] == number_) pair_[0] = ::dup(number_);
    ASSERT_EQ(::dup2(pair_[1], number_), number_);
  }
};

TEST_F(Connections, NeverTouchTheirSocketOnceTheyAreClosed) {
  for (const auto where :
       {ClosedWithin::Where::kInput, ClosedWithin::Where::kHolds, ClosedWithin::Where::kDrained}) {
    Socket socket = Dial();
    Socket other(loop_.context());
    boost::asio::ip::tcp::acceptor acceptor(loop_.context(), {tcp::v4(), 0});
    other.connect({boost::asio::ip::make_address("127.0.0.1"), acceptor.local_endpoint().port()});
    Socket accepted(loop_.context());
    acceptor.accept(accepted);
    const int number = accepted.native_handle();
    const auto connection =
        std::make_shared<ClosedWithin>(loop_, std::move(accepted), &patient_, where);
    connection->set_number(number);
    connection->Start();
    boost::asio::write(other, boost::asio::buffer(std::string("question")));
    RunUntil([&] { return connection->closed(); });
    EXPECT_EQ(connection->Stray(), "");
    connection->Resume("late answer");
    connection->Finish();
    connection->Start();
    connection->Close();
    EXPECT_EQ(connection->Stray(), "");
  }
}

}  // namespace
}  // namespace herd::net
