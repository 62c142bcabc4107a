#include "cli/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace herd::cli {

Signals::Signals(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC);
}

Signals::~Signals() {
  ::close(descriptor_);
}

int Signals::Take() const {
  signalfd_siginfo info{};
  if (::read(descriptor_, &info, sizeof info) != sizeof info) return SIGTERM;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace herd::cli
