#include "sim/checker.h"

#include <compare>
#include <utility>

#include "fleet/backlog.h"
#include "fleet/hash.h"
#include "fleet/order.h"

namespace herd::sim {
namespace {

constexpr std::size_t kViolationsMax = 10;

// How two AT lines of one client stand in the total order.
std::strong_ordering Order(std::string_view a, std::string_view b) {
  return fleet::Compare(wire::ParseAt(a).value(), wire::ParseAt(b).value());
}

void Raise(Rows& rows, std::string_view at_line) {
  const std::string_view client = wire::ParseAt(at_line).value().client;
  const auto found = rows.find(client);
  if (found == rows.end()) {
    rows.emplace(client, at_line);
  } else if (found->second != at_line && std::is_lt(Order(found->second, at_line))) {
    found->second = at_line;
  }
}

// All of them, tombstones too.
Rows RowsOf(const fleet::Fleet& fleet) {
  Rows rows;
  fleet::Backlog backlog(fleet, {}, fleet.newest());
  backlog.Read([&](const fleet::Row& row) {
    rows.emplace(row.client(), row.at_line());
    return true;
  });
  return rows;
}

}  // namespace

void Checker::Fail(std::string what) {
  if (violations_.size() < kViolationsMax) violations_.push_back(std::move(what));
}

void Checker::Took(const wire::At& at) {
  std::string line;
  wire::AppendAt(line, at);
  Raise(greatest_, line);
  took_.insert(std::move(line));
}

void Checker::Acknowledged(std::string_view at_line) {
  Raise(greatest_acknowledged_, at_line);
}

void Checker::AcknowledgedFromDisk(std::size_t server, std::string_view at_line) {
  Acknowledged(at_line);
  Disk& disk = disks_[server];
  Raise(disk.acknowledged, at_line);
  // The power might go now. Said once, and not for each that follows.
  if (expiry_ || acknowledged_early_) return;
  const auto found = disk.synced.find(wire::ParseAt(at_line).value().client);
  acknowledged_early_ = found == disk.synced.end() || std::is_lt(Order(found->second, at_line));
  if (acknowledged_early_)
    Fail("server " + std::to_string(server) +
         " acknowledges what is not on its disk: " + std::string(at_line));
}

void Checker::Synced(std::size_t server, std::string_view at_line) {
  Raise(disks_[server].synced, at_line);
}

void Checker::Saw(std::size_t server, std::string_view at_line) {
  const std::string_view client = wire::ParseAt(at_line).value().client;
  if (!took_.contains(at_line)) Fail("a row that nobody reported: " + std::string(at_line));
  Rows& rows = seen_[server];
  const auto found = rows.find(client);
  if (found == rows.end()) {
    rows.emplace(client, at_line);
    return;
  }
  if (!expiry_ && std::is_gt(Order(found->second, at_line))) {
    Fail("server " + std::to_string(server) + " went back from " + found->second + " to " +
         std::string(at_line));
  }
  found->second = at_line;
}

void Checker::Restarted(std::size_t server, const fleet::Fleet& fleet) {
  seen_.erase(server);
  const std::string who = "server " + std::to_string(server);
  Expect(disks_[server].acknowledged, fleet, who + " has lost what it acknowledged from disk");
  Expect(disks_[server].synced, fleet, who + " has lost what was on its disk");
}

void Checker::Check(const std::vector<const fleet::Fleet*>& fleets, Losses losses) {
  for (std::size_t server = 0; server < fleets.size(); ++server) {
    if (fleets[server]->digest() != fleets[0]->digest())
      Fail("server " + std::to_string(server) + " differs from server 0");
  }
  for (const auto& [client, line] : RowsOf(*fleets[0])) {
    if (!took_.contains(line)) Fail("a row that nobody reported: " + line);
  }
  if (losses == Losses::kNone) Expect(greatest_, *fleets[0], "lost");
  if (losses == Losses::kUnacked) Expect(greatest_acknowledged_, *fleets[0], "lost");
}

void Checker::CheckDisk(std::size_t server, const fleet::Fleet& fleet, const Rows& on_disk) {
  for (const auto& [client, line] : RowsOf(fleet)) {
    const auto found = on_disk.find(client);
    if (found == on_disk.end() || found->second != line)
      Fail("not on the disk of server " + std::to_string(server) + ": " + line);
  }
}

// Each row that is due, or one that wins against it, must be in the fleet.
void Checker::Expect(const Rows& due, const fleet::Fleet& fleet, const std::string& if_not) {
  // What has expired may have beaten what has not: there is no telling what should be left.
  if (expiry_) return;
  for (const auto& [client, line] : due) {
    std::string has;
    fleet.FindRow(fleet::HashClient(fleet.key(), client),
                  [&](const fleet::Row& row) { has = row.at_line(); });
    if (has.empty()) {
      Fail(if_not + ": " + line);
    } else if (has != line && std::is_lt(Order(has, line))) {
      Fail(if_not + ": has " + has + " in place of " + line);
    }
  }
}

}  // namespace herd::sim
