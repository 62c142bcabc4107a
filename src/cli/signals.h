#pragma once

#include <initializer_list>

namespace herd::cli {

// Signals taken one by one from a descriptor, instead of at any time. Blocks them for the process
// from then on; made before any thread is started.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Readable when a signal has come.
  int descriptor() const { return descriptor_; }

  // The next signal; waits for it. SIGTERM when it cannot be read.
  int Take() const;

 private:
  int descriptor_;
};

}  // namespace herd::cli
