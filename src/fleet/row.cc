#include "fleet/row.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
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

// The line stands behind it, in one allocation.
struct Row::Text {
  std::uint16_t capacity;
  std::uint16_t line_size;
  std::uint16_t client_start;
  std::uint8_t client_size;
  bool forgotten;

  // Room for reports that are a little longer: a client's lines differ by some digits, and then its
  // row needs no other memory.
  static constexpr std::size_t kSlack = 24;
  static constexpr std::size_t kGrain = 16;  // as malloc has
  static_assert(wire::kAtLineBytesMax + kSlack + kGrain <=
                std::numeric_limits<std::uint16_t>::max());
  static_assert(wire::kClientIdBytesMax <= std::numeric_limits<std::uint8_t>::max());

  // Rounded up so that the allocation fills what malloc gives for it.
  static std::size_t CapacityFor(std::size_t line_size) {
    return HeapBytes(line_size + kSlack) - kMallocBytes - sizeof(Text);
  }
  // What malloc takes for a text of that capacity.
  static std::size_t HeapBytes(std::size_t capacity) {
    return (sizeof(Text) + capacity + kMallocBytes + kGrain - 1) / kGrain * kGrain;
  }

  static Text* New(std::size_t line_size) {
    // The rules of the wire bound every field.
    if (line_size > wire::kAtLineBytesMax) std::abort();
    const std::size_t capacity = CapacityFor(line_size);
    auto* const text = static_cast<Text*>(::operator new(sizeof(Text) + capacity));
    text->capacity = static_cast<std::uint16_t>(capacity);
    return text;
  }

  void Set(const wire::At& at, std::string_view at_line) {
    line_size = static_cast<std::uint16_t>(at_line.size());
    // "AT <server> <skew> <client>"
    client_start = static_cast<std::uint16_t>(5 + at.server.size() + at.skew_text.size());
    client_size = static_cast<std::uint8_t>(at.client.size());
    forgotten = wire::IsForgotten(at.location_text);
    std::memcpy(data(), at_line.data(), at_line.size());
  }

  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::string_view line() const { return {reinterpret_cast<const char*>(this + 1), line_size}; }
  std::string_view client() const { return line().substr(client_start, client_size); }

 private:
  static constexpr std::size_t kMallocBytes = 8;  // glibc's own, of each allocation
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
  if (client_size_ == 0) return HashReport(key, wire::ParseAt(text()->line()).value());
  return HashNumbers(key, client, {time_}, receipt(), position_.load(std::memory_order_relaxed),
                     location_layout_, time_layout_, NameOf(server_));
}

void Row::AppendAtLine(std::string& out) const {
  if (client_size_ == 0) {
    out += text()->line();
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
  const std::string_view line = text()->line();
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
  std::string line;
  wire::AppendAt(line, at);
  if (!HasRoomFor(line.size())) {
    Text* const text = Text::New(line.size());
    Clear();
    SetText(text);
  }
  text()->Set(at, line);
}

std::size_t Row::HeapBytesWith(const wire::At& at) const {
  if (FitsInline(at)) return 0;
  const std::size_t line_size = wire::AtLineBytes(at);
  return HasRoomFor(line_size) ? TextHeapBytes() : Text::HeapBytes(Text::CapacityFor(line_size));
}

// Whether it has a text that such a line fits into.
bool Row::HasRoomFor(std::size_t line_size) const {
  return client_size_ == 0 && text() != nullptr && text()->capacity >= line_size;
}

std::size_t Row::TextHeapBytes() const {
  return Text::HeapBytes(text()->capacity);
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
    ::operator delete(text());
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
