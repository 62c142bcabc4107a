#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace herd::cli {
namespace {

constexpr std::chrono::milliseconds kRedrawInterval{100};
constexpr std::size_t kColumnsDefault = 80;
constexpr std::size_t kBarColumns = 24;
constexpr std::string_view kWipeLine = "\r\x1b[K";
// A forecast from less than this is a guess.
constexpr double kForecastFractionMin = 0.01;
constexpr std::chrono::duration<double> kForecastElapsedMin{0.5};

std::size_t TerminalColumns(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsDefault;
  return size.ws_col;
}

// A bar is a courtesy: when it cannot be written, the work goes on without it.
void Write(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Progress::Progress(std::string label, int fd)
    : label_(std::move(label)), fd_(fd), terminal_(::isatty(fd) == 1), start_(Clock::now()) {}

Progress::~Progress() {
  if (bar_shown_) Write(fd_, kWipeLine);
}

void Progress::Update(double fraction, std::string_view detail) {
  if (IsTimeToDraw(fraction)) Draw(fraction, detail);
}

void Progress::UpdateCount(std::uint64_t done, std::uint64_t total, std::string_view unit) {
  const double fraction = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  if (!IsTimeToDraw(fraction)) return;
  const double seconds = std::max(Elapsed().count(), 1e-3);
  const auto rate = static_cast<std::uint64_t>(std::llround(static_cast<double>(done) / seconds));
  Draw(fraction, fmt::format("{} of {} {}, {} {}/s", WithThousands(done), WithThousands(total),
                             unit, WithThousands(rate), unit));
}

void Progress::Done(std::string_view summary) {
  Write(fd_, fmt::format("{}{}: {} ({})\n", bar_shown_ ? kWipeLine : "", label_, summary,
                         HumanDuration(Elapsed())));
  bar_shown_ = false;
}

std::chrono::duration<double> Progress::Elapsed() const {
  return Clock::now() - start_;
}

bool Progress::IsTimeToDraw(double fraction) {
  if (!terminal_) return false;
  const Clock::time_point now = Clock::now();
  if (bar_shown_ && fraction < 1 && now - drawn_ < kRedrawInterval) return false;
  drawn_ = now;
  return true;
}

void Progress::Draw(double fraction, std::string_view detail) {
  std::string line(kWipeLine);
  // A character in the last column would make some terminals wrap.
  line += RenderBar(label_, fraction, detail, Elapsed(), TerminalColumns(fd_) - 1);
  Write(fd_, line);
  bar_shown_ = true;
}

std::string RenderBar(std::string_view label, double fraction, std::string_view detail,
                      std::chrono::duration<double> elapsed, std::size_t columns) {
  fraction = std::isnan(fraction) ? 0 : std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(kBarColumns));
  std::string line = fmt::format("{} [{:=<{}}{:{}}] {:3.0f} %", label, "", filled, "",
                                 kBarColumns - filled, std::floor(fraction * 100));
  if (!detail.empty()) line.append("  ").append(detail);
  if (fraction >= kForecastFractionMin && fraction < 1 && elapsed >= kForecastElapsedMin) {
    line += "  " + HumanDuration(elapsed * ((1 - fraction) / fraction)) + " to go";
  }
  if (line.size() <= columns) return line;
  // Never half a UTF-8 character at the cut.
  std::size_t end = columns;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  line.resize(end);
  return line;
}

std::string WithThousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string HumanDuration(std::chrono::duration<double> duration) {
  const double seconds = std::max(0.0, duration.count());
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(std::min(seconds, 1e12)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace herd::cli
