#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "load/command_source.h"
#include "load/load.h"
#include "wire/time.h"

namespace herd::bench {

// The receipt of a report that was made just now.
inline wire::UnixNanos Now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

// Reports of clients that move about their towns, each newer than the one before, a read's worth in
// one piece. The same seed of load::Settings gives the same clients and places.
class Reports {
 public:
  explicit Reports(std::uint32_t clients)
      : settings_(For(clients)), source_(settings_, 0, clients, 1) {}

  // `count` reports, as many lines.
  std::string Next(std::size_t count) {
    std::string lines;
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count; ++i) source_.Append(lines, 0, now);
    return lines;
  }

  // A first one of every client.
  std::string First() {
    std::string lines;
    while (source_.AppendFirst(lines, 0, std::chrono::steady_clock::now())) {
    }
    return lines;
  }

 private:
  const load::Settings settings_;
  load::CommandSource source_;

  static load::Settings For(std::uint32_t clients) {
    load::Settings settings;
    settings.servers.resize(1);
    settings.clients = clients;
    return settings;
  }
};

}  // namespace herd::bench
