#include "fleet/row.h"

#include <bit>
#include <cstring>
#include <memory>

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

// What is hashed of a report that fits inline, in this order and without gaps. Servers compare
// these hashes, so the bytes are those of little-endian machines.
struct HashedFields {
  std::int64_t time;
  std::int64_t receipt;
  std::uint64_t position;
  std::uint64_t server;
  wire::LocationLayout location_layout;
  wire::TimeLayout time_layout;
  std::uint8_t client_size;
  std::array<char, Row::kInlineIdBytes> client;
};
constexpr std::size_t kHashedBytes = offsetof(HashedFields, client);
static_assert(std::endian::native == std::endian::little);
static_assert(kHashedBytes == 36);

RowHash HashFields(HashKey key, const HashedFields& fields) {
  return HashRow(key, {reinterpret_cast<const char*>(&fields), kHashedBytes + fields.client_size});
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
  HashedFields fields{.time = at.time.value,
                      .receipt = at.receipt.value,
                      .position = PositionBits(at.location.point),
                      .server = HashServer(at.server),
                      .location_layout = at.location.layout,
                      .time_layout = at.time_layout,
                      .client_size = static_cast<std::uint8_t>(at.client.size()),
                      .client = {}};
  std::memcpy(fields.client.data(), at.client.data(), at.client.size());
  return HashFields(key, fields);
}

RowHash Row::hash(HashKey key) const {
  if (client_size_ == 0) return HashReport(key, wire::ParseAt(text()->line).value());
  return HashFields(key, {.time = time_,
                          .receipt = receipt().value,
                          .position = position_.load(std::memory_order_relaxed),
                          .server = NameOf(server_).hash,
                          .location_layout = location_layout_,
                          .time_layout = time_layout_,
                          .client_size = client_size_,
                          .client = client_});
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
  if (FitsInline(at)) {
    if (const auto server = NumberOf(at.server)) {
      Clear();
      server_ = *server;
      location_layout_ = at.location.layout;
      time_layout_ = at.time_layout;
      std::memcpy(client_.data(), at.client.data(), at.client.size());
      client_size_ = static_cast<std::uint8_t>(at.client.size());
      return;
    }
  }
  auto text = std::make_unique<Text>();
  wire::AppendAt(text->line, at);
  // "AT <server> <skew> <client>"
  text->client_start = static_cast<std::uint32_t>(5 + at.server.size() + at.skew_text.size());
  text->client_size = static_cast<std::uint32_t>(at.client.size());
  text->forgotten = wire::IsForgotten(at.location_text);
  Clear();
  SetText(text.release());
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
