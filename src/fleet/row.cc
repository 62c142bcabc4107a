#include "fleet/row.h"

#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "fleet/order.h"

namespace herd::fleet {
namespace {

bool FitsInline(const wire::At& at) {
  return at.client.size() <= Row::kInlineIdBytes &&
         at.location.layout != wire::LocationLayout::kText &&
         at.time_layout != wire::TimeLayout::kText;
}

std::uint64_t PositionBits(wire::LocationE7 point) {
  return (std::uint64_t{static_cast<std::uint32_t>(point.latitude)} << 32U) |
         static_cast<std::uint32_t>(point.longitude);
}

// The hash of a report that fits inline (docs/peer-protocol.md, "Hashes").
RowHash HashNumbers(HashKey key, ClientHash client, wire::UnixNanos time, wire::UnixNanos receipt,
                    std::uint64_t position, std::uint64_t server,
                    wire::LocationLayout location_layout, wire::TimeLayout time_layout) {
  const auto layouts = static_cast<std::uint64_t>(location_layout) |
                       (static_cast<std::uint64_t>(time_layout) << 16U);
  return HashRow(key,
                 {static_cast<std::uint64_t>(time.value), static_cast<std::uint64_t>(receipt.value),
                  position, server, std::to_underlying(client), layouts});
}

}  // namespace

struct Row::Text {
  std::string line;
  std::uint32_t client_start;
  std::uint32_t client_size;
  bool forgotten;

  std::string_view client() const {
    return std::string_view(line).substr(client_start, client_size);
  }
};

RowHash HashReport(HashKey key, const wire::At& at) {
  if (!FitsInline(at)) {
    std::string line;
    wire::AppendAt(line, at);
    return HashRow(key, line);
  }
  return HashNumbers(key, HashClient(key, at.client), at.time, at.receipt,
                     PositionBits(at.location.point), HashServer(at.server), at.location.layout,
                     at.time_layout);
}

RowHash Row::hash(HashKey key, ClientHash client) const {
  if (client_size_ == 0) return HashReport(key, wire::ParseAt(text()->line).value());
  return HashNumbers(key, client, {time_}, receipt(), position_.load(std::memory_order_relaxed),
                     NameOf(server_).hash, location_layout_, time_layout_);
}

void Row::AppendAtLine(std::string& out) const {
  if (client_size_ == 0) {
    out += text()->line;
    return;
  }
  const std::string_view server = NameOf(server_).text;
  constexpr std::size_t kOthersMax = 3 + 1 + wire::kSkewBytesMax + 1 + kInlineIdBytes + 1 +
                                     wire::kLocationBytesMax + 1 + wire::kTimeBytesMax;
  std::array<char, wire::kServerIdBytesMax + kOthersMax> line;
  const auto put = [](char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  };
  char* end = put(line.data(), "AT ");
  end = put(end, server);
  *end++ = ' ';
  end = wire::WriteSkew(end, receipt() - wire::UnixNanos{time_});
  *end++ = ' ';
  // A fixed size takes no call; there is room for what follows anyway.
  std::memcpy(end, client_.data(), kInlineIdBytes);
  end += client_size_;
  *end++ = ' ';
  const geo::LatLngE7 point = position();
  end = wire::WriteLocation(end, {.latitude = point.lat, .longitude = point.lng}, location_layout_);
  *end++ = ' ';
  end = wire::WriteTime(end, {time_}, time_layout_);
  out.append(line.data(), end);
}

std::string Row::at_line() const {
  std::string line;
  AppendAtLine(line);
  return line;
}

std::string_view Row::server() const {
  if (client_size_ != 0) return NameOf(server_).text;
  constexpr std::size_t kStart = 3;  // behind "AT "
  const std::string_view line = text()->line;
  return line.substr(kStart, line.find(' ', kStart) - kStart);
}

wire::UnixNanos Row::effective_time() const {
  return EffectiveTime({time_}, receipt());
}

std::strong_ordering Row::Compare(const wire::At& at) const {
  const wire::UnixNanos mine = effective_time();
  const wire::UnixNanos other = EffectiveTime(at.time, at.receipt);
  if (mine != other) return mine <=> other;
  if (Holds(at)) return std::strong_ordering::equal;
  const std::string line = at_line();
  return fleet::Compare(wire::ParseAt(line).value(), at);
}

// Whether it is that very report. Only for those that fit inline; the others are compared as text.
bool Row::Holds(const wire::At& at) const {
  return client_size_ != 0 && FitsInline(at) && time_ == at.time.value && receipt() == at.receipt &&
         position_.load(std::memory_order_relaxed) == PositionBits(at.location.point) &&
         location_layout_ == at.location.layout && time_layout_ == at.time_layout &&
         NameOf(server_).text == at.server;
}

void Row::Assign(const wire::At& at, LinkId from) {
  from_ = from;
  time_ = at.time.value;
  receipt_.store(at.receipt.value, std::memory_order_relaxed);
  position_.store(PositionBits(at.location.point), std::memory_order_relaxed);
  if (TakeNumbers(at)) return;
  auto text = std::make_unique<Text>();
  wire::AppendAt(text->line, at);
  // "AT <server> <skew> <client>"
  text->client_start = static_cast<std::uint32_t>(5 + at.server.size() + at.skew_text.size());
  text->client_size = static_cast<std::uint32_t>(at.client.size());
  text->forgotten = wire::IsForgotten(at.location_text);
  Clear();
  SetText(text.release());
}

// Takes what else there is of a report that fits inline; false when it does not.
bool Row::TakeNumbers(const wire::At& at) {
  if (!FitsInline(at)) return false;
  const bool was_inline = client_size_ != 0;
  // Mostly a client stays with its server.
  if (!was_inline || NameOf(server_).text != at.server) {
    const std::optional<ServerNumber> server = NumberOf(at.server);
    if (!server) return false;
    server_ = *server;
  }
  location_layout_ = at.location.layout;
  time_layout_ = at.time_layout;
  if (!was_inline) {
    Clear();
    std::memcpy(client_.data(), at.client.data(), at.client.size());
    client_size_ = static_cast<std::uint8_t>(at.client.size());
  }
  return true;
}

void Row::Clear() {
  if (client_size_ != 0) {
    client_size_ = 0;
  } else {
    delete text();
  }
  SetText(nullptr);
}

Row::Text* Row::text() const {
  Text* text = nullptr;
  std::memcpy(&text, client_.data(), sizeof(Text*));
  return text;
}

void Row::SetText(Text* text) {
  std::memcpy(client_.data(), &text, sizeof(Text*));
}

std::string_view Row::TextClient() const {
  return text()->client();
}

bool Row::TextForgotten() const {
  return text()->forgotten;
}

}  // namespace herd::fleet
