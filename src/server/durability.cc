#include "server/durability.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>
#include <vector>

#include "server/clock.h"

namespace herd::server {

Durability::Durability(net::Loop& loop, std::string who, Ask ask,
                       const DurabilitySettings& settings, spdlog::logger& log)
    : loop_(loop),
      who_(std::move(who)),
      ask_(std::move(ask)),
      settings_(settings),
      log_(log),
      timer_(loop.context()) {}

void Durability::Hold(net::Connection& writer, std::vector<fleet::ClientHash> clients) {
  auto wait = std::make_shared<Wait>(writer.shared_from_this(), SteadyNow() + settings_.timeout);
  bool watch = false;
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    late = !patient_;
    if (late) wait->deadline = SteadyNow();
    waits_.push_back(wait);
    watch = !std::exchange(watching_, true);
  }
  if (watch) boost::asio::post(loop_.context(), [this] { Watch(); });
  if (late) boost::asio::post(loop_.context(), [this] { ExpireLate(); });
  ask_(std::move(clients), [this, wait = std::move(wait)](bool durable) {
    Answer(*wait, durable ? Outcome::kDurable : Outcome::kFailed);
  });
}

void Durability::WaitNoLonger() {
  {
    const std::lock_guard lock(mutex_);
    patient_ = false;
    for (const auto& wait : waits_) wait->deadline = std::min(wait->deadline, SteadyNow());
  }
  ExpireLate();
}

Durability::Counts Durability::counts() const {
  return {.durable = durable_, .refused = refused_, .in_memory = in_memory_};
}

void Durability::Answer(Wait& wait, Outcome outcome) {
  std::shared_ptr<net::Connection> writer;
  {
    const std::lock_guard lock(mutex_);
    writer = std::move(wait.writer);
    DropAnswered();
  }
  if (writer) Tell(std::move(writer), outcome);
}

void Durability::Tell(std::shared_ptr<net::Connection> writer, Outcome outcome) {
  const bool close = outcome != Outcome::kDurable && settings_.on_timeout == OnTimeout::kRefuse;
  ++(outcome == Outcome::kDurable ? durable_ : close ? refused_ : in_memory_);
  if (outcome != Outcome::kDurable) {
    failures_log_.Log(log_, SteadyNow(),
                      std::string(close ? "closed a client's connection: its report is"
                                        : "acknowledged a report that is") +
                          " in memory only, since " + who_ +
                          (outcome == Outcome::kLate ? " took longer than durability.timeout_ms"
                                                     : " cannot take it"));
  }
  net::Loop& loop = writer->loop();
  boost::asio::post(loop.context(), [writer = std::move(writer), close] {
    if (close) {
      writer->Refuse();
    } else {
      writer->Release();
    }
  });
}

void Durability::DropAnswered() {
  while (!waits_.empty() && !waits_.front()->writer) waits_.pop_front();
}

// Waits for the first deadline, as long as there is one.
void Durability::Watch() {
  {
    const std::lock_guard lock(mutex_);
    DropAnswered();
    if (waits_.empty()) {
      watching_ = false;
      return;
    }
    timer_.expires_at(waits_.front()->deadline);
  }
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    ExpireLate();
    Watch();
  });
}

void Durability::ExpireLate() {
  std::vector<std::shared_ptr<net::Connection>> late;
  {
    const std::lock_guard lock(mutex_);
    const flood::Instant now = SteadyNow();
    while (!waits_.empty() && waits_.front()->deadline <= now) {
      if (waits_.front()->writer) late.push_back(std::move(waits_.front()->writer));
      waits_.pop_front();
    }
  }
  for (auto& writer : late) Tell(std::move(writer), Outcome::kLate);
}

}  // namespace herd::server
