#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "fleet/fleet.h"
#include "fleet/hash.h"
#include "net/lines.h"
#include "wire/command.h"

namespace herd::server {

// The first lines of an input, read some at a time, so that what their clients' rows take from
// memory is fetched for all of them at once: a row that is not in the cache costs as much as
// all else that is done for a report.
class ReadAhead {
 public:
  struct Line {
    std::string_view text;  // without its line end
    std::size_t consumed;   // with it
    wire::Command command;
    fleet::ClientHash client;  // of whom an IAMAT or a WHATSAT tells
  };

  // At `end` nothing follows the input: its last line may lack the line end.
  ReadAhead(std::string_view input, bool end, std::size_t line_bytes_max,
            const fleet::Fleet& fleet);

  // They view the input.
  std::span<const Line> lines() const { return {lines_.data(), count_}; }

  // What stands behind them: kLine when there may be more.
  net::LineScan::Kind end() const { return end_; }

 private:
  std::array<Line, fleet::Fleet::kPrefetched> lines_;
  std::size_t count_ = 0;
  net::LineScan::Kind end_ = net::LineScan::Kind::kLine;
};

}  // namespace herd::server
