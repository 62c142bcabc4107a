#include "fleet/row.h"

#include <cstddef>
#include <tuple>

#include "fleet/order.h"

namespace herd::fleet {
namespace {

constexpr std::uint32_t kServerStart = 3;  // behind "AT "

std::uint32_t EndOf(std::uint32_t previous_end, std::string_view field) {
  return previous_end + 1 + static_cast<std::uint32_t>(field.size());
}

}  // namespace

Row::Row(const wire::At& at, LinkId from, ClientHash hash) : hash_(hash) {
  Replace(at, from);
}

void Row::Replace(const wire::At& at, LinkId from) {
  line_.clear();
  wire::AppendAt(line_, at);
  server_end_ = kServerStart + static_cast<std::uint32_t>(at.server.size());
  skew_end_ = EndOf(server_end_, at.skew_text);
  client_end_ = EndOf(skew_end_, at.client);
  location_end_ = EndOf(client_end_, at.location_text);
  from_ = from;
  effective_time_ = EffectiveTime(at.time, at.receipt);
  receipt_ = at.receipt;
}

std::string_view Row::Field(std::uint32_t previous_end, std::uint32_t end) const {
  return std::string_view(line_).substr(previous_end + 1, end - previous_end - 1);
}

std::string_view Row::server() const {
  return Field(kServerStart - 1, server_end_);
}

std::string_view Row::client() const {
  return Field(skew_end_, client_end_);
}

std::string_view Row::location_text() const {
  return Field(client_end_, location_end_);
}

std::strong_ordering Row::Compare(const wire::At& at) const {
  const wire::UnixNanos other = EffectiveTime(at.time, at.receipt);
  if (effective_time_ != other) return effective_time_ <=> other;
  const auto line_end = static_cast<std::uint32_t>(line_.size());
  return std::make_tuple(server(), Field(server_end_, skew_end_), location_text(),
                         Field(location_end_, line_end)) <=>
         std::make_tuple(at.server, at.skew_text, at.location_text, at.time_text);
}

}  // namespace herd::fleet
