#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace herd::fleet {

// The lock of a stripe. It is held for well under a microsecond nearly always, and is nearly always
// free. Against std::mutex it spares a call each way, and giving it back is a plain store: what was
// written under it need not have left the core yet, though its cache lines may still be on their
// way.
class StripeLock {
 public:
  void lock() {
    while (taken_.exchange(true, std::memory_order_acquire)) WaitUntilFree();
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_ = false;

  // Looks on for as long as it is usually held, then makes way: on a busy machine its holder may be
  // waiting for this very core.
  void WaitUntilFree() const {
    constexpr int kLooks = 200;
    constexpr int kYields = 20;
    constexpr std::chrono::microseconds kSleep{50};
    for (int tries = 0; taken_.load(std::memory_order_relaxed); ++tries) {
      if (tries < kLooks) continue;
      if (tries < kLooks + kYields) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(kSleep);
      }
    }
  }
};

}  // namespace herd::fleet
