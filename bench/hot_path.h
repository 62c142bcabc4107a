#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/fleet.h"
#include "fleet/follower.h"
#include "net/lines.h"
#include "wire/at.h"
#include "wire/command.h"

namespace herd::bench {

// How far down its way a report is taken; each stage goes through those before it.
enum class Stage { kScan, kParse, kReply, kApply, kFollow };

// What a server does with a report between the read from the client's socket and the writes to the
// client and to a neighbour, without sockets and clock: so it takes the same instructions each
// time.
class HotPath {
 public:
  explicit HotPath(Stage last) : last_(last), link_(fleet_, [] {}) {}

  // Takes all whole lines of `input`, as one read may bring them. The replies are in replies(),
  // what goes over a link in flooded(), until the next call.
  void Take(std::string_view input, wire::UnixNanos receipt) {
    replies_.clear();
    flooded_.clear();
    for (;;) {
      const net::LineScan scan = net::NextLine(input, kLineBytesMax);
      if (scan.kind != net::LineScan::Kind::kLine) break;
      input.remove_prefix(scan.consumed);
      seen_ += scan.line.size();
      if (last_ >= Stage::kParse) TakeLine(scan.line, receipt);
    }
    if (last_ < Stage::kFollow) return;
    link_.Read([&](const fleet::Row& row) {
      row.AppendAtLine(flooded_);
      flooded_ += '\n';
      return true;
    });
  }

  const fleet::Fleet& fleet() const { return fleet_; }
  std::string_view replies() const { return replies_; }
  std::string_view flooded() const { return flooded_; }
  // Anything that was computed, so that no stage is optimised away.
  std::uint64_t seen() const { return seen_ + replies_.size() + flooded_.size(); }

 private:
  static constexpr std::size_t kLineBytesMax = 8'192;

  const Stage last_;
  fleet::Fleet fleet_;
  fleet::Follower link_;
  std::string replies_;
  std::string flooded_;
  std::uint64_t seen_ = 0;

  void TakeLine(std::string_view line, wire::UnixNanos receipt) {
    const wire::Command command = wire::ParseCommand(wire::WithoutCr(line));
    const auto* iamat = std::get_if<wire::Iamat>(&command);
    if (iamat == nullptr) return;
    seen_ += static_cast<std::uint64_t>(iamat->time.value);
    if (last_ < Stage::kReply) return;
    const std::size_t before = replies_.size();
    const auto reply = [&](wire::UnixNanos at) {
      replies_.resize(before);
      return wire::AppendAt(replies_, *iamat, "Alone", at);
    };
    if (last_ >= Stage::kApply) {
      fleet_.Report(fleet::HashClient(fleet_.key(), iamat->client), receipt, reply);
    } else {
      reply(receipt);
    }
    replies_ += '\n';
  }
};

}  // namespace herd::bench
