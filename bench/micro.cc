// Micro-benchmarks of what one report and one question cost, with Google Benchmark:
//   build/release/herd_micro --benchmark_filter=Fleet
// An index of places that is named is asked what is near its own places:
//   build/release/herd_micro --benchmark_filter=Places build/places.index

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "fleet/fleet.h"
#include "fleet/follower.h"
#include "geo/distance.h"
#include "geo/lat_lng_e7.h"
#include "hot_path.h"
#include "load/command_source.h"
#include "load/histogram.h"
#include "load/towns.h"
#include "places/index.h"
#include "places/offline.h"
#include "reports.h"
#include "wire/at.h"
#include "wire/command.h"

namespace {

using namespace herd;

constexpr std::string_view kIamat =
    "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997";
constexpr std::string_view kAt =
    "AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997";
constexpr wire::UnixNanos kReceipt{1'520'023'935'182'837'383};

void Parse(benchmark::State& state, std::string_view line) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(line);
    benchmark::DoNotOptimize(wire::ParseCommand(line));
  }
}
BENCHMARK_CAPTURE(Parse, iamat, kIamat);
BENCHMARK_CAPTURE(Parse, iamat_in_minutes, "IAMAT kiwi +4012.22-07500.25 1520023934.9");
BENCHMARK_CAPTURE(Parse, whatsat, "WHATSAT kiwi.cs.ucla.edu 10 5");
BENCHMARK_CAPTURE(Parse, invalid, "WHEREIS kiwi.cs.ucla.edu 10 5");

void FormatAt(benchmark::State& state) {
  const auto iamat = std::get<wire::Iamat>(wire::ParseCommand(kIamat));
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::AppendAt(out, iamat, "Goloman", kReceipt);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(FormatAt);

void ParseAt(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(wire::ParseAt(kAt));
}
BENCHMARK(ParseAt);

// Clients whose reports come at times that rise by a nanosecond, so that each wins.
class Herdsman {
 public:
  explicit Herdsman(std::size_t clients) {
    for (std::size_t i = 0; i < clients; ++i) ids_.push_back("client-" + std::to_string(i));
    for (const std::string& id : ids_) Report(id);
  }

  std::string_view AnyClient() { return ids_[random_() % ids_.size()]; }

  void Report(std::string_view id) {
    at_.client = id;
    ++at_.time.value;
    ++at_.receipt.value;
    fleet_.Apply(at_, fleet::kFromClient);
  }

  fleet::Fleet& fleet() { return fleet_; }

 private:
  std::vector<std::string> ids_;
  fleet::Fleet fleet_;
  wire::At at_ = wire::ParseAt(kAt).value();
  std::mt19937_64 random_;
};

void FleetUpdate(benchmark::State& state) {
  Herdsman herdsman(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) herdsman.Report(herdsman.AnyClient());
}
BENCHMARK(FleetUpdate)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void FleetRead(benchmark::State& state) {
  Herdsman herdsman(static_cast<std::size_t>(state.range(0)));
  std::string line;
  for (auto _ : state) {
    herdsman.fleet().Find(herdsman.AnyClient(), [&](const fleet::Row& row) {
      line.clear();
      row.AppendAtLine(line);
    });
    benchmark::DoNotOptimize(line.data());
  }
}
BENCHMARK(FleetRead)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// A link that reads after each batch of changes; the time is that of one change, made and read.
void FeedFollow(benchmark::State& state) {
  Herdsman herdsman(100'000);
  fleet::Follower follower(herdsman.fleet(), [] {});
  const auto batch = state.range(0);
  std::string line;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < batch; ++i) herdsman.Report(herdsman.AnyClient());
    follower.Read([&](const fleet::Row& row) {
      line.clear();
      row.AppendAtLine(line);
      bytes += line.size();
      return true;
    });
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(FeedFollow)->Arg(1)->Arg(16)->Arg(1'024);

void HotPath(benchmark::State& state) {
  bench::Reports reports(100'000);
  bench::HotPath path(bench::Stage::kFollow);
  path.Take(reports.First(), bench::Now());
  const auto reports_in_a_read = state.range(0);
  for (auto _ : state) {
    state.PauseTiming();
    const std::string read = reports.Next(static_cast<std::size_t>(reports_in_a_read));
    const wire::UnixNanos receipt = bench::Now();
    state.ResumeTiming();
    path.Take(read, receipt);
  }
  state.SetItemsProcessed(state.iterations() * reports_in_a_read);
}
BENCHMARK(HotPath)->Arg(16)->Arg(512);

// A million clients about the great towns. Made once, for all that ask it.
class GreatFleet {
 public:
  static GreatFleet& Get() {
    static GreatFleet fleet;
    return fleet;
  }

  const fleet::Fleet& fleet() const { return path_.fleet(); }
  void Move() { path_.Take(reports_.Next(16), bench::Now()); }

 private:
  bench::Reports reports_{1'000'000};
  bench::HotPath path_{bench::Stage::kApply};

  GreatFleet() { path_.Take(reports_.First(), bench::Now()); }
};

constexpr geo::Metres kNear{10'000};

void NearestClients(benchmark::State& state, bool moving) {
  GreatFleet& great = GreatFleet::Get();
  const std::span<const load::Town> towns = load::BuiltInTowns();
  std::atomic<std::uint64_t> moves = 0;
  std::jthread mover([&](const std::stop_token& stop) {
    for (; moving && !stop.stop_requested(); moves += 16) great.Move();
  });
  std::size_t town = 0;
  for (auto _ : state) {
    town = (town + 1) % towns.size();
    benchmark::DoNotOptimize(great.fleet().Nearest(towns[town].center, kNear, 10).clients);
  }
  mover.request_stop();
  mover.join();
  state.counters["moves"] =
      benchmark::Counter(static_cast<double>(moves), benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(NearestClients, standing, false)->UseRealTime();
BENCHMARK_CAPTURE(NearestClients, moving, true)->UseRealTime();

// What is near any of the index's places.
void PlacesNear(benchmark::State& state, const places::OfflineProvider& provider) {
  std::mt19937_64 random;
  for (auto _ : state) {
    const places::PlaceNumber place{random() % provider.places().PlaceCount()};
    benchmark::DoNotOptimize(
        provider.Nearby({.center = geo::ToLatLng(provider.places().At(place).position),
                         .radius = {static_cast<double>(state.range(0)) * 1000},
                         .results_max = static_cast<int>(state.range(1))}));
  }
}

// What the loader spends on a line, and on a reply: less than a server must.
void LoaderLine(benchmark::State& state) {
  bench::Reports reports(100'000);
  for (auto _ : state) benchmark::DoNotOptimize(reports.Next(16));
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(LoaderLine);

void LoaderRecord(benchmark::State& state) {
  load::Histogram histogram;
  std::mt19937_64 random;
  for (auto _ : state)
    histogram.Record(std::chrono::nanoseconds(static_cast<std::int64_t>(random() >> 40U)));
}
BENCHMARK(LoaderRecord);

// Has the places of an index measured; false, with a word, when it is none.
bool Measure(const std::filesystem::path& file) {
  auto index = places::Index::Open(file);
  if (!index || index->PlaceCount() == 0) {
    std::cerr << "herd_micro: " << (index ? "there are no places in it" : index.error()) << '\n';
    return false;
  }
  const auto provider = std::make_shared<places::OfflineProvider>(*std::move(index));
  const auto work = [provider](benchmark::State& state) { PlacesNear(state, *provider); };
  benchmark::RegisterBenchmark(("PlacesNear/" + file.stem().string()).c_str(), work)
      ->Args({1, 5})
      ->Args({10, 5})
      ->Args({50, 20});
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const char* file : std::span(argv, static_cast<std::size_t>(argc)).subspan(1))
    if (!Measure(file)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
