#include "sim/checker.h"

#include <bitset>
#include <compare>
#include <utility>

#include "fleet/order.h"

namespace herd::sim {
namespace {

constexpr std::size_t kViolationsMax = 10;

// How two AT lines of one client stand in the total order.
std::strong_ordering Order(std::string_view a, std::string_view b) {
  return fleet::Compare(wire::ParseAt(a).value(), wire::ParseAt(b).value());
}

void Raise(std::map<std::string, std::string, std::less<>>& rows, std::string_view client,
           std::string_view at_line) {
  const auto found = rows.find(client);
  if (found == rows.end()) {
    rows.emplace(client, at_line);
  } else if (std::is_lt(Order(found->second, at_line))) {
    found->second = at_line;
  }
}

}  // namespace

void Checker::Fail(std::string what) {
  if (violations_.size() < kViolationsMax) violations_.push_back(std::move(what));
}

void Checker::Took(const wire::At& at) {
  std::string line;
  wire::AppendAt(line, at);
  Raise(greatest_, at.client, line);
  took_.insert(std::move(line));
}

void Checker::Acknowledged(std::string_view at_line) {
  Raise(greatest_acknowledged_, wire::ParseAt(at_line).value().client, at_line);
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

void Checker::Check(const std::vector<const fleet::Fleet*>& fleets, Losses losses) {
  for (std::size_t server = 0; server < fleets.size(); ++server) {
    if (fleets[server]->digest() != fleets[0]->digest())
      Fail("server " + std::to_string(server) + " differs from server 0");
  }
  CheckRows(*fleets[0], losses);
}

void Checker::CheckRows(const fleet::Fleet& fleet, Losses losses) {
  Rows rows;
  for (std::size_t range = 0; range < fleet::kRanges; ++range) {
    for (const fleet::ClientHash client :
         fleet.ClientsIn(range, std::bitset<fleet::kLeaves>().set())) {
      fleet.FindRow(client, [&](const fleet::Row& row) {
        rows.emplace(row.client(), row.at_line());
        if (!took_.contains(row.at_line()))
          Fail("a row that nobody reported: " + std::string(row.at_line()));
      });
    }
  }
  // What has expired may have beaten what has not: there is no telling what should be left.
  if (expiry_ || losses == Losses::kAny) return;
  const Rows& due = losses == Losses::kNone ? greatest_ : greatest_acknowledged_;
  for (const auto& [client, line] : due) {
    const auto found = rows.find(client);
    if (found == rows.end()) {
      Fail("lost: " + line);
    } else if (std::is_lt(Order(found->second, line))) {
      Fail("has " + found->second + " in place of " + line);
    }
  }
}

}  // namespace herd::sim
