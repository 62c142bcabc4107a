// Times the start of a server from its journal: fills a journal, then reads it, in steps. Prints
// one line of JSON. With --kill the fill ends as by SIGKILL, so that the newest rows are in the
// log.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <string>

#include <fmt/core.h>

#include "journal/journal.h"
#include "wire/command.h"

namespace {

using namespace herd;
using Clock = std::chrono::steady_clock;

wire::UnixNanos Now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "herd_journal_bench: " << what << '\n';
  std::exit(1);
}

journal::StoreSettings StoreIn(const std::filesystem::path& directory) {
  return {.directory = directory,
          .herd = "bench",
          .server = "Alone",
          .horizon = [] { return fleet::Horizon(); },
          .now = Now,
          .say = [](journal::Gravity, const std::string& text) { std::cerr << text << '\n'; }};
}

double Seconds(const std::function<void()>& work) {
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// IDs of 14 bytes, in an order that is not theirs.
std::string ClientId(std::uint64_t i) {
  return fmt::format("client{:08}", i * 7'919 % 99'999'989);
}

void Fill(const std::filesystem::path& directory, std::uint64_t clients, bool kill) {
  fleet::Fleet fleet;
  journal::Journal journal({.store = StoreIn(directory)}, fleet);
  if (const auto started = journal.Start(); !started) Die(started.error());
  const double took = Seconds([&] {
    std::string skew;
    for (std::uint64_t i = 0; i < clients; ++i) {
      const std::string client = ClientId(i);
      const auto line =
          fmt::format("IAMAT {} +34.{:06}-118.{:06} 1795320509.{:09}", client, i * 31 % 1'000'000,
                      i * 37 % 1'000'000, i * 1'000 % 1'000'000'000);
      const auto command = wire::ParseCommand(line);
      const auto* iamat = std::get_if<wire::Iamat>(&command);
      if (iamat == nullptr) Die("no IAMAT: " + line);
      fleet.Apply(wire::MakeAt(*iamat, "Alone", Now(), skew), fleet::kFromClient);
    }
    std::promise<void> synced;
    journal.WhenSynced([&](bool) { synced.set_value(); });
    synced.get_future().wait();
  });
  fmt::print("{{\"clients\":{},\"applied_and_synced_s\":{:.3f}}}\n", clients, took);
  std::fflush(stdout);
  if (kill) ::_exit(0);
}

void Time(const std::filesystem::path& directory, std::size_t threads) {
  double open_s = 0;
  double read_s = 0;
  double load_s = 0;
  std::size_t ranges = 0;
  {
    std::expected<std::unique_ptr<journal::RocksStore>, std::string> store;
    open_s = Seconds([&] { store = journal::RocksStore::Open(StoreIn(directory)); });
    if (!store) Die(store.error());
    ranges = (*store)->Divide(threads).size();
    std::uint64_t bytes = 0;
    read_s = Seconds([&] {
      const auto end = (*store)->Read({}, [&](std::string_view client, std::string_view line) {
        bytes += client.size() + line.size();
      });
      if (!end) Die(end.error());
    });
  }
  fleet::Fleet fleet;
  journal::Journal journal({.store = StoreIn(directory), .load_threads = threads}, fleet);
  load_s = Seconds([&] {
    if (const auto started = journal.Start(); !started) Die(started.error());
  });
  fmt::print(
      "{{\"clients\":{},\"open_s\":{:.3f},\"read_one_thread_s\":{:.3f},\"ranges\":{},"
      "\"threads\":{},\"open_and_load_s\":{:.3f}}}\n",
      fleet.size(), open_s, read_s, ranges, threads, load_s);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times the start of a server from its journal");
  std::filesystem::path directory;
  std::uint64_t clients = 1'000'000;
  std::size_t threads = 2;
  bool fill = false;
  bool kill = false;
  app.add_option("directory", directory, "The journal")->required();
  app.add_option("--clients", clients, "How many to fill it with");
  app.add_option("--threads", threads, "That share the load");
  app.add_flag("--fill", fill, "Fill it first");
  app.add_flag("--kill", kill, "End the fill as by SIGKILL, and measure nothing");
  CLI11_PARSE(app, argc, argv);
  if (fill) Fill(directory, clients, kill);
  Time(directory, threads);
}
