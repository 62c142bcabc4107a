#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace herd::journal {

// Notices that another thread does not come back from a piece of work.
class StallWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // `on_stall` is called on a thread of this one's own, once for a piece of work that takes longer
  // than `limit`, while it goes on.
  StallWatch(std::chrono::milliseconds limit, std::function<void()> on_stall);

  // Waits for an `on_stall` that is under way.
  ~StallWatch();

  // A piece of work begins, and ends. One thread.
  void Begin();
  void End();

 private:
  const std::chrono::milliseconds limit_;
  const std::function<void()> on_stall_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Clock::time_point> deadline_;  // of the work under way, until it is told
  bool stop_ = false;
  std::thread thread_;  // last: it uses all the others

  void Run();
};

}  // namespace herd::journal
