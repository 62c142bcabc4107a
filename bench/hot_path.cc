// Takes reports down the hot path up to a stage, for script/callgrind, which counts the
// instructions. The reports come in reads of 16, as a client with 16 in flight sends them.

#include "hot_path.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "reports.h"

namespace {

using namespace herd;

constexpr std::array<std::string_view, 5> kStages = {"scan", "parse", "reply", "apply", "follow"};
constexpr std::uint32_t kClients = 5'000;
constexpr std::size_t kReportsInARead = 16;
// Reads that are kept to be taken again, so that to write them does not count for more and more.
constexpr std::size_t kReads = 1'024;

int Usage() {
  std::cerr << "usage: herd_hot_path STAGE READS\n"
               "  STAGE: scan, parse, reply, apply or follow\n"
               "  READS: of 16 reports each, up to 1,024\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return Usage();
  const auto* stage = std::ranges::find(kStages, std::string_view(argv[1]));
  const std::string_view text = argv[2];
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (stage == kStages.end() || error != std::errc{} || count > kReads) return Usage();

  // However many of them are taken, all are made.
  bench::Reports reports(kClients);
  bench::HotPath path(static_cast<bench::Stage>(stage - kStages.begin()));
  path.Take(reports.First(), bench::Now());
  std::vector<std::string> reads;
  for (std::size_t i = 0; i < kReads; ++i) reads.push_back(reports.Next(kReportsInARead));
  const wire::UnixNanos receipt = bench::Now();
  // Time goes on, as it does for a server: a report that comes with its client's last is taken
  // twice.
  for (std::size_t i = 0; i < count; ++i)
    path.Take(reads[i], {receipt.value + static_cast<std::int64_t>(i) + 1});
  std::cout << path.seen() % 10 << '\n';
}
