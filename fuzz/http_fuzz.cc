// Any bytes as HTTP requests, whole and byte by byte: the same requests come of both, nothing
// throws, and what waits and what is kept stay within the bounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_reader.h"

namespace {

constexpr herd::net::HttpRequestBounds kBounds{.head_bytes_max = 256,
                                               .body_bytes_max = 64,
                                               .extension_bytes_max = 32,
                                               .trailer_bytes_max = 64};

// What is left of the input while more is awaited is a head or a line of the chunked framing.
constexpr std::size_t kWaitingMax = kBounds.head_bytes_max;

struct Reading {
  std::vector<std::string> requests;
  unsigned fault = 0;

  bool operator==(const Reading&) const = default;
};

// The requests in `text`, of which `step` bytes come at a time.
Reading Read(std::string_view text, std::size_t step) {
  Reading reading;
  herd::net::HttpReader reader(kBounds);
  std::string waiting;
  while (!text.empty()) {
    waiting += text.substr(0, step);
    text.remove_prefix(std::min(step, text.size()));
    for (std::size_t taken = 1; taken > 0 && !waiting.empty();) {
      taken = reader.Take(waiting);
      if (taken > waiting.size()) std::abort();
      waiting.erase(0, taken);
      if (reader.fault()) {
        reading.fault = reader.fault()->status;
        return reading;
      }
      if (reader.body().size() > kBounds.body_bytes_max) std::abort();
      if (!reader.done()) continue;
      const herd::net::HttpHead& head = *reader.head();
      reading.requests.push_back(std::string(head.method) + ' ' + std::string(head.target) + ' ' +
                                 std::to_string(head.headers.size()) + ' ' + reader.body());
      reader.Next();
    }
    if (waiting.size() >= kWaitingMax) std::abort();
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Reading whole = Read(text, std::max<std::size_t>(size, 1));
  const Reading bytes = Read(text, 1);
  // One that comes in pieces may be refused earlier, by what is wrong with its first line.
  if (whole.requests != bytes.requests || (whole.fault == 0) != (bytes.fault == 0)) std::abort();
  return 0;
}
