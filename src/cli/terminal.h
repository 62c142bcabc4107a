#pragma once

#include <termios.h>

#include <cstddef>
#include <string>
#include <vector>

namespace herd::cli {

// A terminal's screen for as long as this lives: what stood there before comes back at the end.
// Keys come one by one and are not shown. Plain ANSI sequences.
class Screen {
 public:
  // `out` and `in` are terminals; they stay the caller's.
  Screen(int out, int in);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Shows these lines from the top and nothing else. They must fit (TerminalSize).
  void Show(const std::vector<std::string>& lines) const;

 private:
  const int out_;
  const int in_;
  termios saved_{};
  bool keys_changed_ = false;
};

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// That of the terminal `fd`; 80 by 24 for what is none.
TerminalSize SizeOf(int fd);

// Writes all of `text`; false when that cannot be done.
bool WriteAll(int fd, std::string_view text);

}  // namespace herd::cli
