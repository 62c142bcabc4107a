#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace herd::cli {

// How far a long piece of work has come, for the person who waits for it. On a terminal: a bar that
// is redrawn in place, at most ten times a second, with percentage and time to go. Elsewhere (a
// pipe, a file, CI): nothing but the last line. One thread at a time.
class Progress {
 public:
  // `label` says what is done, as in "importing". `fd` stays the caller's.
  explicit Progress(std::string label, int fd = STDERR_FILENO);
  // Wipes a bar that was not Done, so that an error message can follow on a clean line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `fraction` of the work is done, 0 to 1; `detail` stands behind the percentage.
  void Update(double fraction, std::string_view detail = {});

  // The same for countable work: "1,200 of 22,287 rows, 3,400 rows/s". `unit` is a plural.
  void UpdateCount(std::uint64_t done, std::uint64_t total, std::string_view unit);

  // Ends the bar with a line that stays: the label, `summary` and the time taken.
  void Done(std::string_view summary);

  // Since the start of this work.
  std::chrono::duration<double> Elapsed() const;

 private:
  using Clock = std::chrono::steady_clock;

  // True when enough time has passed since the last drawing, or the work is at its end.
  bool IsTimeToDraw(double fraction);
  void Draw(double fraction, std::string_view detail);

  const std::string label_;
  const int fd_;
  const bool terminal_;
  const Clock::time_point start_;
  Clock::time_point drawn_{};
  bool bar_shown_ = false;
};

// One line without its end, at most `columns` wide: label, bar, percentage, detail, time to go.
// Bytes count as columns, so a detail in another script than Latin may be cut early.
std::string RenderBar(std::string_view label, double fraction, std::string_view detail,
                      std::chrono::duration<double> elapsed, std::size_t columns);

// "1,234,567".
std::string WithThousands(std::uint64_t number);

// "0.8 s", "12 s", "3 min 05 s", "2 h 07 min".
std::string HumanDuration(std::chrono::duration<double> duration);

}  // namespace herd::cli
