#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wire/at.h"

namespace herd::sim {

// One server's disk: what is written and not synced is lost with a crash.
class Disk {
 public:
  void Write(std::string_view client, std::string_view at_line) {
    unsynced_.insert_or_assign(std::string(client), at_line);
  }

  void Sync() {
    for (auto& [client, line] : unsynced_) synced_.insert_or_assign(client, std::move(line));
    unsynced_.clear();
  }

  void Crash() { unsynced_.clear(); }

  // Takes everything away, as a disk does that is replaced.
  void Lose() {
    unsynced_.clear();
    synced_.clear();
  }

  const std::map<std::string, std::string>& synced() const { return synced_; }

 private:
  std::map<std::string, std::string> synced_;  // AT lines by client
  std::map<std::string, std::string> unsynced_;
};

}  // namespace herd::sim
