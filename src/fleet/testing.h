#pragma once

// What the tests of this and higher rooms make reports with.

#include <rapidcheck.h>

#include <cstddef>
#include <string>
#include <vector>

#include "fleet/hash.h"
#include "wire/at.h"
#include "wire/time.h"

namespace herd::fleet::testing {

// A report that owns its texts.
class OwnedAt {
 public:
  OwnedAt(std::string server, std::string client, std::string location, std::string time,
          wire::UnixNanos receipt)
      : server_(std::move(server)),
        client_(std::move(client)),
        location_(std::move(location)),
        time_(std::move(time)),
        receipt_(receipt) {
    wire::AppendSkew(skew_, receipt_ - Time());
  }

  wire::At at() const {
    return {.server = server_,
            .skew_text = skew_,
            .client = client_,
            .location_text = location_,
            .time_text = time_,
            .time = Time(),
            .receipt = receipt_,
            .location = wire::ReadIso6709(location_).value_or(wire::CompactLocation{}),
            .time_layout = wire::ReadPosixTime(time_).value().layout};
  }

  std::string line() const {
    std::string line;
    wire::AppendAt(line, at());
    return line;
  }

 private:
  std::string server_;
  std::string client_;
  std::string location_;
  std::string time_;
  wire::UnixNanos receipt_;
  std::string skew_;

  wire::UnixNanos Time() const { return wire::ParsePosixTime(time_).value(); }
};

// Reports of few clients through few servers at few times, so that ties of every kind are common.
inline rc::Gen<OwnedAt> AnyReport() {
  return rc::gen::apply(
      [](const std::string& server, int client, const std::string& location, int seconds,
         int receipt) {
        return OwnedAt(server, "c" + std::to_string(client), location, std::to_string(seconds),
                       wire::UnixNanos{std::int64_t{receipt} * 1'000'000'000});
      },
      rc::gen::element<std::string>("Goloman", "Hands", "Welsh"), rc::gen::inRange(0, 6),
      rc::gen::element<std::string>("+1+1", "-1-1", "+1.0+1.0"), rc::gen::inRange(0, 30),
      rc::gen::inRange(0, 12));
}

// The first numbers whose clients, named `prefix` and the number, share the fleet's first stripe,
// and so a lock and a feed.
inline std::vector<int> NumbersOfOneStripe(const std::string& prefix, std::size_t count,
                                           const HashKey& key = {}) {
  std::vector<int> numbers;
  for (int number = 0; numbers.size() < count; ++number) {
    if (RangeOf(HashClient(key, prefix + std::to_string(number))) == 0) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace herd::fleet::testing
