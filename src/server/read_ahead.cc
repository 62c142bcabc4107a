#include "server/read_ahead.h"

#include <variant>

namespace herd::server {

ReadAhead::ReadAhead(std::string_view input, std::size_t line_bytes_max,
                     const fleet::Fleet& fleet) {
  std::array<fleet::ClientHash, kLinesMax> clients;
  std::size_t clients_count = 0;
  while (count_ < kLinesMax) {
    const net::LineScan scan = net::NextLine(input, line_bytes_max);
    end_ = scan.kind;
    if (end_ != net::LineScan::Kind::kLine) break;
    Line& line = lines_[count_++];
    line.text = wire::WithoutCr(scan.line);
    line.consumed = scan.consumed;
    line.command = wire::ParseCommand(line.text);
    if (const auto* iamat = std::get_if<wire::Iamat>(&line.command)) {
      clients[clients_count++] = fleet::HashClient(fleet.key(), iamat->client);
    } else if (const auto* whatsat = std::get_if<wire::Whatsat>(&line.command)) {
      clients[clients_count++] = fleet::HashClient(fleet.key(), whatsat->client);
    }
    input.remove_prefix(scan.consumed);
  }
  // One alone is fetched no earlier than it is looked at.
  if (clients_count > 1) fleet.Prefetch({clients.data(), clients_count});
}

}  // namespace herd::server
