#pragma once

// What the tests of the journal share.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "fleet/backlog.h"
#include "fleet/fleet.h"
#include "fleet/testing.h"
#include "journal/faulty_file_system.h"
#include "journal/journal.h"

namespace herd::journal::testing {

using fleet::testing::OwnedAt;

using Rows = std::map<std::string, std::string>;  // AT lines by client

// A new directory that ends with this. In memory where that is possible: these tests sync a lot.
class Folder {
 public:
  Folder() {
    for (const auto& parent :
         {std::filesystem::path("/dev/shm"), std::filesystem::temp_directory_path()}) {
      std::string name = (parent / "herd-journal-XXXXXX").string();
      if (mkdtemp(name.data()) == nullptr) continue;
      path_ = name;
      return;
    }
    std::abort();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What was logged.
class Lines {
 public:
  Say say() {
    return [this](Gravity, const std::string& text) {
      const std::lock_guard lock(mutex_);
      text_ += text + '\n';
    };
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

inline constexpr wire::UnixNanos kNow{1'795'320'509'000'000'000};  // 2026-11-22T04:08:29Z

inline StoreSettings SettingsFor(const std::filesystem::path& directory, Lines& log,
                                 rocksdb::Env* env = nullptr) {
  return {.directory = directory,
          .herd = "test",
          .server = "Hands",
          .horizon = [] { return fleet::Horizon(); },
          .now = [] { return kNow; },
          .say = log.say(),
          .env = env};
}

// Received at the client's own time, so that a later time wins.
inline OwnedAt Report(int client, int time) {
  return {"Hands", "c" + std::to_string(client), "+1+1", std::to_string(time),
          wire::UnixNanos{std::int64_t{time} * 1'000'000'000}};
}

inline Rows RowsOf(const fleet::Fleet& fleet) {
  Rows rows;
  fleet::Backlog backlog(fleet, {}, fleet.newest());
  backlog.Read([&](const fleet::Row& row) {
    rows.emplace(row.client(), row.at_line());
    return true;
  });
  return rows;
}

// Waits until all that is in the fleet is on the disk; whether that came to be.
inline bool Synced(Journal& journal) {
  std::promise<bool> done;
  journal.WhenSynced([&](bool durable) { done.set_value(durable); });
  return done.get_future().get();
}

}  // namespace herd::journal::testing
