#include "fleet/row.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
RowHash HashNumbers(const HashKey& key, ClientHash client, wire::UnixNanos time,
                    wire::UnixNanos receipt, std::uint64_t position,
                    wire::LocationLayout location_layout, wire::TimeLayout time_layout,
                    std::string_view server) {
  static_assert(std::endian::native == std::endian::little);
  static_assert(sizeof location_layout == 2 && sizeof time_layout == 1);
  constexpr std::size_t kNumberBytes = 4 * 8 + 3;
  std::array<std::uint8_t, kNumberBytes + wire::kServerIdBytesMax> bytes;
  std::uint8_t* end = bytes.data();
  const auto put = [&end](const void* from, std::size_t size) {
    std::memcpy(end, from, size);
    end += size;
  };
  put(&time, 8);
  put(&receipt, 8);
  put(&position, 8);
  put(&client, 8);
  put(&location_layout, 2);
  put(&time_layout, 1);
  put(server.data(), server.size());
  return HashRow(key, {bytes.data(), end});
}

// The hash of any other, of its AT line with the line end, which no name of a server ends with.
RowHash HashText(const HashKey& key, std::string line) {
  line += '\n';
  return HashRow(key, {reinterpret_cast<const std::uint8_t*>(line.data()), line.size()});
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

RowHash HashReport(const HashKey& key, const wire::At& at) {
  if (!FitsInline(at)) {
    std::string line;
    wire::AppendAt(line, at);
    return HashText(key, std::move(line));
  }
  return HashNumbers(key, HashClient(key, at.client), at.time, at.receipt,
                     PositionBits(at.location.point), at.location.layout, at.time_layout,
                     at.server);
}

RowHash Row::hash(const HashKey& key, ClientHash client) const {
  // Kept as text it may be a plain one all the same: where its server's name has no number.
  if (client_size_ == 0) return HashReport(key, wire::ParseAt(text()->line).value());
  return HashNumbers(key, client, {time_}, receipt(), position_.load(std::memory_order_relaxed),
                     location_layout_, time_layout_, NameOf(server_));
}

void Row::AppendAtLine(std::string& out) const {
  if (client_size_ == 0) {
    out += text()->line;
    return;
  }
  const std::string_view server = NameOf(server_);
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
  if (client_size_ != 0) return NameOf(server_);
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
         NameOf(server_) == at.server;
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
  if (!was_inline || NameOf(server_) != at.server) {
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
