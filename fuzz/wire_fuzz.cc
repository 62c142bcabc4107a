// The client's side of the wire: any bytes as lines of a client, with the rules that hold for all.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "net/lines.h"
#include "wire/at.h"
#include "wire/command.h"

namespace {

constexpr std::size_t kLineBytesMax = 512;

void Require(bool holds) {
  if (!holds) std::abort();
}

bool LiesWithin(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// The numbers give back the texts that they are said to.
void CheckLayouts(const herd::wire::Iamat& iamat) {
  using namespace herd::wire;
  if (iamat.location.layout != LocationLayout::kText) {
    std::array<char, kLocationBytesMax> text;
    const char* const end = WriteLocation(text.data(), iamat.location.point, iamat.location.layout);
    Require(std::string_view(text.data(), end) == iamat.location_text);
  }
  if (iamat.time_layout != TimeLayout::kText) {
    std::array<char, kTimeBytesMax> text;
    const char* const end = WriteTime(text.data(), iamat.time, iamat.time_layout);
    Require(std::string_view(text.data(), end) == iamat.time_text);
  }
}

// What a server answers to a valid IAMAT is an AT that every neighbour reads alike.
void CheckIamat(const herd::wire::Iamat& iamat, std::string_view line) {
  Require(LiesWithin(iamat.client, line) && LiesWithin(iamat.location_text, line) &&
          LiesWithin(iamat.time_text, line));
  CheckLayouts(iamat);
  std::string skew_text;
  std::string at_line;
  AppendAt(at_line,
           MakeAt(iamat, "Goloman", herd::wire::UnixNanos{1'520'023'935'000'000'000}, skew_text));
  const auto at = herd::wire::ParseAt(at_line);
  Require(at.has_value());
  Require(at->client == iamat.client && at->location_text == iamat.location_text &&
          at->time_text == iamat.time_text);
  Require(at->location == iamat.location && at->time_layout == iamat.time_layout);
  Require(at->time == iamat.time &&
          at->receipt == herd::wire::UnixNanos{1'520'023'935'000'000'000});
}

void CheckLine(std::string_view line) {
  const herd::wire::Command command = herd::wire::ParseCommand(line);
  if (const auto* iamat = std::get_if<herd::wire::Iamat>(&command)) CheckIamat(*iamat, line);
  if (const auto* whatsat = std::get_if<herd::wire::Whatsat>(&command)) {
    Require(herd::wire::IsClientId(whatsat->client));
    Require(whatsat->radius_km >= 0 && whatsat->radius_km <= herd::wire::kRadiusKmMax);
    Require(whatsat->results_max >= 0 && whatsat->results_max <= herd::wire::kResultsMax);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  for (auto scan = herd::net::NextLine(input, kLineBytesMax);
       scan.kind == herd::net::LineScan::Kind::kLine;
       scan = herd::net::NextLine(input, kLineBytesMax)) {
    Require(scan.line.size() <= kLineBytesMax + 1);
    CheckLine(herd::wire::WithoutCr(scan.line));
    input.remove_prefix(scan.consumed);
  }
  CheckLine(input);
  return 0;
}
