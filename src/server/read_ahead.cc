#include "server/read_ahead.h"

#include <variant>

namespace herd::server {

ReadAhead::ReadAhead(std::string_view input, bool end, std::size_t line_bytes_max,
                     const fleet::Fleet& fleet) {
  std::array<fleet::ClientHash, fleet::Fleet::kPrefetched> clients;
  std::size_t clients_count = 0;
  while (count_ < lines_.size()) {
    const net::LineScan scan = net::NextLine(input, line_bytes_max);
    const bool is_last = end && scan.kind == net::LineScan::Kind::kPartial && !input.empty();
    end_ = scan.kind;
    if (end_ != net::LineScan::Kind::kLine && !is_last) break;
    Line& line = lines_[count_++];
    line.text = is_last ? input : wire::WithoutCr(scan.line);
    line.consumed = is_last ? input.size() : scan.consumed;
    line.command = wire::ParseCommand(line.text);
    if (const auto* iamat = std::get_if<wire::Iamat>(&line.command)) {
      clients[clients_count++] = line.client = fleet::HashClient(fleet.key(), iamat->client);
    } else if (const auto* whatsat = std::get_if<wire::Whatsat>(&line.command)) {
      clients[clients_count++] = line.client = fleet::HashClient(fleet.key(), whatsat->client);
    }
    input.remove_prefix(line.consumed);
  }
  // One alone is fetched no earlier than it is looked at.
  if (clients_count > 1) fleet.Prefetch({clients.data(), clients_count});
}

}  // namespace herd::server
