#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace herd::cli {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";  // the other screen, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kWipeLine = "\x1b[K";
constexpr std::string_view kWipeBelow = "\x1b[J";

}  // namespace

Screen::Screen(int out, int in) : out_(out), in_(in) {
  if (::tcgetattr(in_, &saved_) == 0) {
    termios keys = saved_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    // Stopped by Ctrl-Z it would leave the shell on the wrong screen.
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    keys_changed_ = ::tcsetattr(in_, TCSANOW, &keys) == 0;
  }
  WriteAll(out_, kEnter);
}

Screen::~Screen() {
  WriteAll(out_, kLeave);
  if (keys_changed_) ::tcsetattr(in_, TCSANOW, &saved_);
}

void Screen::Show(const std::vector<std::string>& lines) const {
  // In one write, and wiped line by line rather than as a whole: so it does not flicker.
  std::string frame(kHome);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) frame += "\r\n";
    frame.append(lines[i]).append(kWipeLine);
  }
  frame += kWipeBelow;
  WriteAll(out_, frame);
}

TerminalSize SizeOf(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace herd::cli
