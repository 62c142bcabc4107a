#include "cli/exchange.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "cli/connection.h"

namespace herd::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// No reply of the protocol is near as long: what is longer comes from something else.
constexpr std::size_t kReplyBytesMax = 16'777'216;

constexpr milliseconds kTickMax{100};

bool IsWhatsat(std::string_view command) {
  return command.starts_with("WHATSAT");
}

// One lane at work.
class Runner {
 public:
  Runner(std::size_t index, const Lane& lane, const ExchangeSettings& settings,
         const ExchangeHooks& hooks, Clock::time_point start)
      : index_(index), lane_(lane), settings_(settings), hooks_(hooks), start_(start) {
    if (lane_.jobs.empty()) done_ = true;
    dial_at_ = start;
    progress_at_ = start;
  }

  bool done() const { return done_; }
  LaneOutcome TakeOutcome() { return std::move(outcome_); }

  // Does what can be done now. Returns when there is more to do without the socket being ready.
  Clock::time_point Step(Clock::time_point now) {
    if (done_) return Clock::time_point::max();
    if (!connection_) {
      if (now < dial_at_) return dial_at_;
      Dial();
      if (!connection_) return done_ ? Clock::time_point::max() : dial_at_;
    }
    const Clock::time_point next = Enqueue(now);
    if (!connection_->Write(out_)) {
      Lose("the connection was lost");
      return dial_at_;
    }
    if (waiting_.empty()) return next;
    if (now >= progress_at_ + settings_.timeout) {
      Lose(fmt::format("no answer for {} ms", settings_.timeout.count()));
      return dial_at_;
    }
    return std::min(next, progress_at_ + settings_.timeout);
  }

  // The socket for poll(2), or -1.
  pollfd Poll() const {
    const bool open = connection_.has_value() && !done_;
    return {.fd = open ? connection_->fd() : -1,
            .events = static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT),
            .revents = 0};
  }

  void OnReadable() {
    const bool open = connection_->Read(in_);
    if (!TakeReplies()) return;
    if (!open && !done_) Lose("the server closed the connection");
  }

 private:
  struct Waiting {
    JobId job;
    bool whatsat;
  };

  void Dial() {
    auto connection = Connection::Connect(lane_.target.endpoint, settings_.timeout);
    if (!connection) {
      Lose(connection.error());
      return;
    }
    connection_ = *std::move(connection);
    progress_at_ = Clock::now();
    for (const Waiting& waiting : waiting_) {
      (out_ += hooks_.command(waiting.job)) += '\n';
      ++outcome_.resent;
    }
  }

  // Puts what is due into the output; returns when the next job is due.
  Clock::time_point Enqueue(Clock::time_point now) {
    while (next_ < lane_.jobs.size() && waiting_.size() < settings_.window) {
      const JobId job = lane_.jobs[next_];
      const Clock::time_point due = start_ + hooks_.due(job);
      if (due > now) return due;
      const std::string command = hooks_.command(job);
      if (waiting_.empty()) progress_at_ = now;
      waiting_.push_back({job, IsWhatsat(command)});
      (out_ += command) += '\n';
      ++next_;
      ++outcome_.sent;
    }
    return Clock::time_point::max();
  }

  // False: the lane is over, or starts again.
  bool TakeReplies() {
    std::size_t at = 0;
    while (!waiting_.empty()) {
      const std::size_t length =
          ReplyLength(std::string_view(in_).substr(at), waiting_.front().whatsat);
      if (length == 0) break;
      const JobId job = waiting_.front().job;
      waiting_.pop_front();
      ++outcome_.answered;
      hooks_.replied(index_, job, std::string_view(in_).substr(at, length));
      at += length;
      failures_ = 0;
      progress_at_ = Clock::now();
    }
    in_.erase(0, at);
    if (in_.size() > kReplyBytesMax || (waiting_.empty() && !in_.empty())) {
      GiveUp("it sends what is no answer: is it a herd's server?");
      return false;
    }
    if (waiting_.empty() && next_ == lane_.jobs.size()) {
      connection_.reset();
      done_ = true;
    }
    return !done_;
  }

  void Lose(std::string why) {
    if (connection_) ++outcome_.reconnects;
    connection_.reset();
    in_.clear();
    out_.clear();
    if (++failures_ > settings_.retries) {
      GiveUp(std::move(why));
      return;
    }
    dial_at_ = Clock::now() + settings_.retry_delay * failures_;
  }

  void GiveUp(std::string why) {
    connection_.reset();
    outcome_.error = std::move(why);
    done_ = true;
  }

  const std::size_t index_;
  const Lane& lane_;
  const ExchangeSettings& settings_;
  const ExchangeHooks& hooks_;
  const Clock::time_point start_;
  LaneOutcome outcome_;
  std::optional<Connection> connection_;
  std::string in_;
  std::string out_;
  std::deque<Waiting> waiting_;
  std::size_t next_ = 0;
  int failures_ = 0;  // since the last answer
  Clock::time_point dial_at_;
  Clock::time_point progress_at_;
  bool done_ = false;
};

}  // namespace

std::vector<LaneOutcome> RunExchange(const std::vector<Lane>& lanes,
                                     const ExchangeSettings& settings, const ExchangeHooks& hooks) {
  std::deque<Runner> runners;
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    runners.emplace_back(i, lanes[i], settings, hooks, start);
  }
  while (!std::ranges::all_of(runners, &Runner::done)) {
    Clock::time_point wake = Clock::now() + kTickMax;
    std::vector<pollfd> polled;
    for (Runner& runner : runners) {
      wake = std::min(wake, runner.Step(Clock::now()));
      polled.push_back(runner.Poll());
    }
    const auto wait =
        std::max(milliseconds(0), std::chrono::ceil<milliseconds>(wake - Clock::now()));
    poll(polled.data(), polled.size(), static_cast<int>(wait.count()));
    for (std::size_t i = 0; i < runners.size(); ++i) {
      if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) runners[i].OnReadable();
    }
    hooks.tick();
  }
  std::vector<LaneOutcome> outcomes;
  for (Runner& runner : runners) outcomes.push_back(runner.TakeOutcome());
  return outcomes;
}

std::size_t ReplyLength(std::string_view in, bool whatsat) {
  const bool with_places = whatsat && in.starts_with("AT ");
  const std::size_t end = with_places ? in.find("\n\n") : in.find('\n');
  if (end == std::string_view::npos) return 0;
  return end + (with_places ? 2 : 1);
}

}  // namespace herd::cli
