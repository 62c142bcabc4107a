#include "cli/top.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/ask.h"
#include "cli/http_client.h"
#include "cli/signals.h"
#include "cli/status_text.h"
#include "cli/target.h"
#include "cli/terminal.h"

namespace herd::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::vector<std::string> servers;
  double interval_s = 1;
  bool once = false;
};

// A server that takes longer than this to answer is shown as unreachable.
constexpr std::chrono::milliseconds kAnswerTime{1000};

constexpr const char* kFooter =
    "q ends it. REP/S are reports of clients, ASK/S questions, IN/S, OUT/S and DUP/S rows over a\n"
    "link, LAG the rows that a link was not handed yet, DELAY the longest delay of a loop in the\n"
    "last minute, in ms. Servers whose DIGEST is the same have the same rows. STATE is wait while "
    "a\n"
    "server is not ready, disk! while its journal fails: `herd status` says why. Where standard\n"
    "output is no terminal, frames are printed one after the other.\n"
    "\n"
    "Examples:\n"
    "  herd top\n"
    "  herd top --once --interval 5 Goloman Hands";

class Top {
 public:
  Top(std::vector<Target> targets, const Options& options)
      : targets_(std::move(targets)),
        interval_(std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(options.interval_s))),
        once_(options.once),
        signals_{SIGINT, SIGTERM, SIGHUP, SIGWINCH},
        wake_{signals_.descriptor()} {
    const bool terminal = !once_ && ::isatty(STDOUT_FILENO) == 1;
    const bool keys = terminal && ::isatty(STDIN_FILENO) == 1;
    if (keys) wake_.push_back(STDIN_FILENO);
    if (terminal) screen_.emplace(STDOUT_FILENO, STDIN_FILENO);
  }

  Exit Run() {
    Sample before = Ask();
    // The first frame has no rates yet, but whoever looks at a terminal need not wait for it.
    if (screen_ && !ended_) Show(before, before);
    for (Clock::time_point next = before.time + interval_; Wait(next); next += interval_) {
      Sample now = Ask();
      if (ended_) break;
      if (!Show(before, now)) return Exit::kFailed;
      before = std::move(now);
      if (once_) return ExitOf(before);
      next = std::max(next, Clock::now() - interval_);
    }
    return once_ ? Exit::kFailed : Exit::kOk;
  }

 private:
  const std::vector<Target> targets_;
  const Clock::duration interval_;
  const bool once_;
  const Signals signals_;
  std::vector<int> wake_;
  std::optional<Screen> screen_;
  HttpClient http_;
  Sample shown_before_;
  Sample shown_;
  bool ended_ = false;

  // Asks again when a mere change of the window's size broke the asking off.
  Sample Ask() {
    for (;;) {
      const auto texts = FetchStatus(http_, targets_, kAnswerTime, wake_);
      Sample sample{.time = Clock::now(), .answers = ReadStatus(targets_, texts)};
      if (!TakeWakers()) return sample;
      if (ended_) return sample;
    }
  }

  // False when it is time to end instead.
  bool Wait(Clock::time_point until) {
    while (!ended_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
      if (left <= 0) return true;
      std::vector<pollfd> polled;
      for (const int fd : wake_) polled.push_back({fd, POLLIN, 0});
      ::poll(polled.data(), polled.size(),
             static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max())));
      TakeWakers();
    }
    return false;
  }

  // Takes the signals and keys that have come; whether there were any.
  bool TakeWakers() {
    bool any = false;
    for (const int fd : std::vector(wake_)) {
      pollfd polled{fd, POLLIN, 0};
      if (::poll(&polled, 1, 0) != 1) continue;
      any = true;
      if (fd == signals_.descriptor()) {
        if (signals_.Take() == SIGWINCH) {
          if (screen_) Show(shown_before_, shown_);
        } else {
          ended_ = true;
        }
      } else {
        TakeKey();
      }
    }
    return any;
  }

  void TakeKey() {
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) == 1) {
      ended_ = ended_ || key == 'q' || key == 'Q';
    } else {
      std::erase(wake_, STDIN_FILENO);  // no more keys will come
    }
  }

  bool Show(const Sample& before, const Sample& now) {
    if (screen_) {
      const TerminalSize size = SizeOf(STDOUT_FILENO);
      screen_->Show(TopLines(before, now, size.columns, size.rows));
      if (&now != &shown_) {
        shown_before_ = before;
        shown_ = now;
      }
      return true;
    }
    constexpr std::size_t kNoBound = std::numeric_limits<std::size_t>::max();
    std::string frame;
    for (const std::string& line : TopLines(before, now, kNoBound, kNoBound)) frame += line + "\n";
    if (!once_) frame += "\n";
    return WriteAll(STDOUT_FILENO, frame);
  }

  static Exit ExitOf(const Sample& sample) {
    const auto answered = std::ranges::count_if(
        sample.answers, [](const ServerAnswer& answer) { return answer.view.has_value(); });
    if (answered == 0) return Exit::kUnreachable;
    return answered == std::ssize(sample.answers) ? Exit::kOk : Exit::kFailed;
  }
};

Exit RunTop(const Context& context, const Options& options) {
  const auto config = context.Config();
  if (!config) {
    Complain(config.error());
    return Exit::kUsage;
  }
  auto targets = FindTargets(*config, options.servers, TargetKind::kAdmin);
  if (!targets) {
    Complain(targets.error());
    return Exit::kUsage;
  }
  return Top(*std::move(targets), options).Run();
}

}  // namespace

void AddTop(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("top", "Watch the servers of the herd, live");
  const auto options = std::make_shared<Options>();
  command->add_option("SERVER", options->servers, "Which servers to watch; default: all")
      ->type_name(std::string(kServerTypeName));
  command->add_option("--interval", options->interval_s, "Seconds between two frames; default: 1")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0));
  command->add_flag("--once", options->once,
                    "Print one frame, after one interval, and end with the exit code of `status`");
  command->footer(kFooter);
  command->callback([&context, options] { context.exit = RunTop(context, *options); });
}

}  // namespace herd::cli
