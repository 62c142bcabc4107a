#include "server/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace herd::server {
namespace {

// A loop that shows no sign of life for longer hangs.
constexpr std::chrono::seconds kSilenceMax{5};

// A server that would take reports and close the connection instead of acknowledging them: clients
// do better at another one.
std::optional<std::string> WhyNotAcknowledging(const Status& status) {
  if (!status.durability || !status.durability->refuses) return std::nullopt;
  if (status.durability->disk && status.journal &&
      status.journal->told.state == journal::Status::State::kFailing) {
    return "the journal fails, and reports are acknowledged from the disk only: " +
           status.journal->told.last_error;
  }
  const auto up = static_cast<std::size_t>(
      std::ranges::count(status.links, LinkStatus::State::kUp, &LinkStatus::state));
  if (up < status.durability->peers) {
    return "durability.ack is \"peers:" + std::to_string(status.durability->peers) + "\", and " +
           std::to_string(up) + " of the neighbours are linked";
  }
  return std::nullopt;
}

}  // namespace

const char* WordFor(LinkStatus::State state) {
  switch (state) {
    case LinkStatus::State::kDown:
      return "down";
    case LinkStatus::State::kDialing:
      return "dialing";
    case LinkStatus::State::kGreeting:
      return "greeting";
    case LinkStatus::State::kUp:
      return "up";
  }
  std::abort();
}

const char* WordFor(journal::Status::State state) {
  switch (state) {
    case journal::Status::State::kLoading:
      return "loading";
    case journal::Status::State::kOk:
      return "ok";
    case journal::Status::State::kFailing:
      return "failing";
  }
  std::abort();
}

const char* WordFor(journal::ClockGuard::State state) {
  switch (state) {
    case journal::ClockGuard::State::kBelieved:
      return "believed";
    case journal::ClockGuard::State::kAheadAtStart:
      return "ahead_at_start";
    case journal::ClockGuard::State::kJumped:
      return "jumped";
  }
  std::abort();
}

const char* WordFor(fleet::Applied outcome) {
  switch (outcome) {
    case fleet::Applied::kStored:
      return "stored";
    case fleet::Applied::kOlder:
      return "older";
    case fleet::Applied::kKnown:
      return "known";
    case fleet::Applied::kExpired:
      return "expired";
  }
  std::abort();
}

std::optional<std::string> WhyNotReady(const Status& status) {
  if (status.ending) return "the server is ending";
  const auto journal = status.journal ? status.journal->told.state : journal::Status::State::kOk;
  if (journal == journal::Status::State::kLoading) return "the journal is being loaded";
  const bool linked =
      status.links.empty() ||
      std::ranges::any_of(status.links, [](const LinkStatus& link) { return link.times_up > 0; });
  if (!linked) return "no link to a neighbour has come up yet";
  return WhyNotAcknowledging(status);
}

std::optional<std::string> WhyNotHealthy(const Status& status) {
  for (std::size_t i = 0; i < status.loops.size(); ++i) {
    const auto silent_for = status.loops[i].silent_for;
    if (silent_for <= kSilenceMax) continue;
    return fmt::format("loop {} has not answered for {} s", i,
                       std::chrono::duration_cast<std::chrono::seconds>(silent_for).count());
  }
  return std::nullopt;
}

}  // namespace herd::server
