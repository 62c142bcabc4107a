#include "load/dialect.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace herd::load {
namespace {

// "00" to "99", to write two digits at once.
constexpr std::array<char, 200> MakePairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> kPairs = MakePairs();

// Writes text of known lengths into space that is large enough.
class Writer {
 public:
  explicit Writer(char* to) : to_(to) {}

  void Text(std::string_view text) {
    std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
  }

  template <int kWidth>
  void Digits(std::uint64_t number) {
    int left = kWidth;
    for (; left > 1; left -= 2, number /= 100)
      std::memcpy(to_ + left - 2, &kPairs[number % 100 * 2], 2);
    if (left == 1) *to_ = static_cast<char>('0' + number % 10);
    to_ += kWidth;
  }

  // "+34.068930", with so many digits before the point.
  template <int kWidth>
  void Degrees(std::int32_t e7) {
    *to_++ = e7 < 0 ? '-' : '+';
    const auto micro = static_cast<std::uint64_t>(std::abs(e7)) / 10;
    Digits<kWidth>(micro / 1'000'000);
    *to_++ = '.';
    Digits<6>(micro % 1'000'000);
  }

  void Id(ClientNumber client) {
    Text("client-");
    Digits<7>(static_cast<std::uint32_t>(client));
  }

  char* end() const { return to_; }

 private:
  char* to_;
};

constexpr std::size_t kReportBytesMax = 128;

// "-118.445127"
std::string DegreesText(std::int32_t e7) {
  const std::int32_t micro = std::abs(e7) / 10;
  return fmt::format("{}{}.{:06}", e7 < 0 ? "-" : "", micro / 1'000'000, micro % 1'000'000);
}

// Its end; there is room for kReportBytesMax.
char* WriteReport(char* to, Dialect dialect, ClientNumber client, geo::LatLngE7 position,
                  std::int64_t time_ns) {
  Writer writer(to);
  if (dialect == Dialect::kHerd) {
    writer.Text("IAMAT ");
    writer.Id(client);
    writer.Text(" ");
    writer.Degrees<2>(position.lat);
    writer.Degrees<3>(position.lng);
    writer.Text(" ");
    writer.Digits<10>(static_cast<std::uint64_t>(time_ns) / 1'000'000'000);
    writer.Text(".");
    writer.Digits<9>(static_cast<std::uint64_t>(time_ns) % 1'000'000'000);
    writer.Text("\n");
  } else {
    writer.Text("*5\r\n$6\r\nGEOADD\r\n$5\r\nfleet\r\n$11\r\n");
    writer.Degrees<3>(position.lng);
    writer.Text("\r\n$10\r\n");
    writer.Degrees<2>(position.lat);
    writer.Text("\r\n$14\r\n");
    writer.Id(client);
    writer.Text("\r\n");
  }
  return writer.end();
}

}  // namespace

void AppendReport(std::string& out, Dialect dialect, ClientNumber client, geo::LatLngE7 position,
                  std::int64_t time_ns) {
  // Where it belongs, instead of a copy.
  const std::size_t size = out.size();
  out.resize_and_overwrite(size + kReportBytesMax, [&](char* text, std::size_t /*room*/) {
    return WriteReport(text + size, dialect, client, position, time_ns) - text;
  });
}

void AppendQuestion(std::string& out, Dialect dialect, ClientNumber client, int radius_km,
                    int results_max) {
  const auto number = static_cast<std::uint32_t>(client);
  if (dialect == Dialect::kHerd) {
    fmt::format_to(std::back_inserter(out), "WHATSAT client-{:07} {} {}\n", number, radius_km,
                   results_max);
  } else if (radius_km == 0 || results_max == 0) {
    fmt::format_to(std::back_inserter(out),
                   "*3\r\n$6\r\nGEOPOS\r\n$5\r\nfleet\r\n$14\r\nclient-{:07}\r\n", number);
  } else {
    const std::string radius = std::to_string(radius_km);
    const std::string count = std::to_string(results_max);
    fmt::format_to(std::back_inserter(out),
                   "*10\r\n$9\r\nGEOSEARCH\r\n$5\r\nfleet\r\n$10\r\nFROMMEMBER\r\n$14\r\n"
                   "client-{:07}\r\n$8\r\nBYRADIUS\r\n${}\r\n{}\r\n$2\r\nkm\r\n$3\r\nASC\r\n"
                   "$5\r\nCOUNT\r\n${}\r\n{}\r\n",
                   number, radius.size(), radius, count.size(), count);
  }
}

void AppendNear(std::string& out, Dialect dialect, geo::LatLngE7 position, int radius_km,
                int results_max) {
  const std::string lat = DegreesText(position.lat);
  const std::string lng = DegreesText(position.lng);
  if (dialect == Dialect::kHerdNear) {
    fmt::format_to(
        std::back_inserter(out),
        "GET /v1/near?lat={}&lng={}&radius={}&max={} HTTP/1.1\r\nHost: localhost\r\n\r\n", lat, lng,
        radius_km, results_max);
    return;
  }
  const std::string radius = std::to_string(radius_km);
  const std::string count = std::to_string(results_max);
  fmt::format_to(std::back_inserter(out),
                 "*11\r\n$9\r\nGEOSEARCH\r\n$5\r\nfleet\r\n$10\r\nFROMLONLAT\r\n${}\r\n{}\r\n"
                 "${}\r\n{}\r\n$8\r\nBYRADIUS\r\n${}\r\n{}\r\n$2\r\nkm\r\n$3\r\nASC\r\n"
                 "$5\r\nCOUNT\r\n${}\r\n{}\r\n",
                 lng.size(), lng, lat.size(), lat, radius.size(), radius, count.size(), count);
}

}  // namespace herd::load
