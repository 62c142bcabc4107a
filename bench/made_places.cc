// Makes an index of as many places as told, so that WHATSAT can be measured with more of them than
// any list at hand has. They lie about towns: the great ones, more about greater ones, and those of
// an index that is given, which are taken for small.

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "load/town_walk.h"
#include "load/towns.h"
#include "places/index.h"
#include "places/index_builder.h"

namespace {

using namespace herd;

constexpr double kSmallTown = 10'000;

int Fail(const std::string& what) {
  std::cerr << "herd_made_places: " << what << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view text = argc >= 3 ? argv[1] : "";
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (argc > 4 || error != std::errc{} || end != text.data() + text.size()) {
    std::cerr << "usage: herd_made_places COUNT INDEX [INDEX_OF_TOWNS]\n";
    return 2;
  }
  std::vector<load::Town> towns(load::BuiltInTowns().begin(), load::BuiltInTowns().end());
  if (argc == 4) {
    const auto index = places::Index::Open(argv[3]);
    if (!index) return Fail(index.error());
    for (std::uint64_t i = 0; i < index->PlaceCount(); ++i)
      towns.push_back({geo::ToLatLng(index->At({i}).position), kSmallTown});
  }
  places::IndexBuilder builder;
  const auto source = builder.AddSource("made", "", "made");
  load::TownWalk walk(towns, count, 1);
  for (std::uint32_t i = 0; i < count; ++i) {
    const geo::LatLng at =
        geo::ToLatLng(walk.Move(load::MoverNumber{i}, std::chrono::nanoseconds(0)));
    builder.Add(source, {.name = "Place " + std::to_string(i),
                         .lat_deg = at.lat_deg,
                         .lng_deg = at.lng_deg,
                         .types = "point_of_interest establishment"});
  }
  const auto written = std::move(builder).Write(argv[2]);
  if (!written) return Fail(written.error());
  std::cout << *written << " places\n";
}
