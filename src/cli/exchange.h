#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/target.h"

namespace herd::cli {

// The number of a command in an exchange; what it stands for is the caller's.
enum class JobId : std::uint32_t {};

// The commands of one server, in the order in which they are sent.
struct Lane {
  Target target;
  std::vector<JobId> jobs;
};

struct ExchangeSettings {
  // Commands of one connection that wait for their answers.
  std::size_t window = 64;
  // For a connection to be made, and for the next answer to come while any is awaited.
  std::chrono::milliseconds timeout{5000};
  // Connections made again, without an answer between them, before a server is given up.
  int retries = 3;
  std::chrono::milliseconds retry_delay{200};
};

struct ExchangeHooks {
  // The command of a job, without its line end.
  std::function<std::string(JobId)> command;
  // When it is to be sent, counted from the start. Does not fall along a lane.
  std::function<std::chrono::nanoseconds(JobId)> due;
  // The whole answer, with its line ends: one line, or for a WHATSAT that is known all up to and
  // with the empty line.
  std::function<void(std::size_t lane, JobId, std::string_view reply)> replied;
  // Called at least every 100 ms.
  std::function<void()> tick;
};

// How it went with one lane.
struct LaneOutcome {
  std::uint64_t sent = 0;  // commands, each counted once
  std::uint64_t answered = 0;
  std::uint64_t resent = 0;  // sent once more on a new connection, since no answer had come
  std::uint64_t reconnects = 0;
  std::string error;  // why the server was given up; empty: it was not
};

// Sends the commands of all lanes, each lane over one connection, pipelined, and hands over the
// replies in order. When a connection is lost it is made again, and what was not answered is sent
// again, in the same order: the commands of the protocol may be repeated without harm. Returns when
// every lane is done or given up. One thread; the hooks are called on it.
std::vector<LaneOutcome> RunExchange(const std::vector<Lane>& lanes,
                                     const ExchangeSettings& settings, const ExchangeHooks& hooks);

// The length of the first whole reply in `in`, 0 when it is not whole yet. `whatsat`: it answers a
// WHATSAT.
std::size_t ReplyLength(std::string_view in, bool whatsat);

}  // namespace herd::cli
