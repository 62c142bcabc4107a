#include "journal/stall_watch.h"

#include <utility>

namespace herd::journal {

StallWatch::StallWatch(std::chrono::milliseconds limit, std::function<void()> on_stall)
    : limit_(limit), on_stall_(std::move(on_stall)), thread_([this] { Run(); }) {}

StallWatch::~StallWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StallWatch::Begin() {
  const std::lock_guard lock(mutex_);
  deadline_ = Clock::now() + limit_;
}

void StallWatch::End() {
  const std::lock_guard lock(mutex_);
  deadline_.reset();
}

// Looks a few times within the limit instead of being woken for each piece of work.
void StallWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, limit_ / 4);
    if (stop_ || !deadline_ || Clock::now() < *deadline_) continue;
    deadline_.reset();
    lock.unlock();
    on_stall_();
    lock.lock();
  }
}

}  // namespace herd::journal
