#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/digest.h"
#include "flood/link.h"
#include "journal/journal.h"
#include "server/counters.h"
#include "server/durability.h"
#include "server/loop_stats.h"

// What a server knows of itself, as plain values: each part fills in its own, and what a server
// does not have is not there. status_json.h and metrics.h write them out.
namespace herd::server {

struct LinkStatus {
  enum class State {
    kDown,      // waiting for the next try
    kDialing,   // the connection is being made
    kGreeting,  // connected; neither side has proved itself to the other yet
    kUp,
  };

  std::string neighbour;
  std::string address;  // where we dial it
  State state = State::kDown;
  std::string why;                  // it is not up; empty when there is nothing to say yet
  std::chrono::nanoseconds age{0};  // it has been up, or not up, for so long
  std::uint64_t times_up = 0;
  // While it is up:
  std::optional<std::size_t> lag_rows;  // changed, and not handed to the link yet
  std::optional<std::chrono::nanoseconds> round_trip;
  // Over all connections since the server started:
  flood::LinkCounters counters;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

struct LoopStatus {
  std::chrono::nanoseconds delay_last{0};
  std::chrono::nanoseconds delay_max{0};   // of the last minute
  std::chrono::nanoseconds silent_for{0};  // since it last showed a sign of life
  DurationCounts delays;
};

// What is thought of the system's clock.
struct ClockStatus {
  journal::ClockGuard::State state = journal::ClockGuard::State::kBelieved;
  std::chrono::nanoseconds ahead{0};  // of what it should be, while it is in doubt
};

struct JournalStatus {
  journal::Status told;                     // by the journal
  std::chrono::nanoseconds failing_for{0};  // 0 while it does not fail
};

// How replies fared that had to wait for the disk.
struct DurabilityStatus {
  bool disk = false;      // it is the journal that makes reports safe
  std::size_t peers = 0;  // so many neighbours do
  bool refuses = false;   // no report is acknowledged while they cannot
  Durability::Counts counts;
};

struct ProcessStatus {
  std::uint64_t memory_resident_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_limit = 0;
};

struct Status {
  std::string name;
  std::string herd;
  std::string version;
  std::chrono::nanoseconds uptime{0};
  bool ending = false;
  std::size_t clients = 0;
  fleet::Digest digest;

  std::size_t sessions = 0;        // now
  std::size_t sessions_limit = 0;  // of limits.connections and the limit on open files
  std::uint64_t sessions_opened = 0;
  std::uint64_t sessions_refused = 0;
  std::uint64_t http_requests = 0;  // connections of clients closed since their first line was one
  std::uint64_t exceptions = 0;     // caught by the loops; nothing expected them
  std::uint64_t iamat = 0;
  std::uint64_t whatsat = 0;
  std::uint64_t invalid = 0;
  std::array<std::uint64_t, kReportOutcomes.size()> reports{};  // by IndexOf(fleet::Applied)
  std::array<std::uint64_t, kLookupOutcomes.size()> lookups{};  // by IndexOf(places::Status)
  DurationCounts lookup_times;
  DurationCounts near_times;  // how long operators' questions for clients near a point took

  std::vector<LoopStatus> loops;
  std::vector<LinkStatus> links;
  ClockStatus clock;
  std::optional<JournalStatus> journal;
  std::optional<DurabilityStatus> durability;  // unless durability.ack is "memory"
  ProcessStatus process;
};

// "dialing"
const char* WordFor(LinkStatus::State state);
// "loading"
const char* WordFor(journal::Status::State state);
// "ahead_at_start"
const char* WordFor(journal::ClockGuard::State state);
// "stored"
const char* WordFor(fleet::Applied outcome);

// Why the server should get no clients now; nothing when it is ready for them.
std::optional<std::string> WhyNotReady(const Status& status);

// Why the server should be started again: a loop of it does not answer.
std::optional<std::string> WhyNotHealthy(const Status& status);

}  // namespace herd::server
