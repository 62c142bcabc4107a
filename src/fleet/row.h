#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/hash.h"
#include "fleet/server_names.h"
#include "geo/lat_lng_e7.h"
#include "wire/at.h"
#include "wire/time.h"

namespace herd::fleet {

// The link over which a report reached this server: a number that the owner of the fleet gives each
// of its neighbours.
enum class LinkId : std::uint16_t {};

// The report came from a client of this server, over no link.
inline constexpr LinkId kFromClient{0xFFFF};

// The report was read from this server's own disk.
inline constexpr LinkId kFromDisk{0xFFFE};

// A place in the change feed of one stripe; greater is later, 0 is before every change. 48 bits: at
// a million changes a second of one stripe they last for nine years.
enum class ChangeNumber : std::uint64_t {};

// A row of any stripe of a fleet: the stripe, and the place in it.
enum class RowRef : std::uint32_t {};
inline constexpr RowRef kNoRef{0xFFFF'FFFF};

// Where one client is: its winning report, and how it came here. Or that it has been forgotten: a
// tombstone is a row like any other, which nobody is told of but neighbours and disks.
//
// One cache line. The report is kept as numbers and the layout of their digits, which give back the
// text of its AT line byte for byte. Where they do not - the client's ID is longer than
// kInlineIdBytes, or the location or the time has a rare shape, as a tombstone's has - the row
// keeps the line itself, on the heap: at most wire::kAtLineBytesMax.
class alignas(64) Row {
 public:
  static constexpr std::size_t kInlineIdBytes = 18;

  Row() = default;
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;
  ~Row() { Clear(); }

  // Whether it holds a report; the functions below are for rows that do.
  bool in_use() const { return client_size_ != 0 || text() != nullptr; }

  // Appends "AT <server> <skew> <client> <location> <time>", without a line end.
  void AppendAtLine(std::string& out) const;
  std::string at_line() const;
  std::string_view server() const;
  // Nothing when the server's name has none (NumberOf).
  std::optional<ServerNumber> server_number() const {
    return client_size_ != 0 ? server_ : NumberOf(server());
  }
  std::string_view client() const {
    return client_size_ != 0 ? std::string_view(client_.data(), client_size_) : TextClient();
  }
  bool forgotten() const { return client_size_ == 0 && TextForgotten(); }
  LinkId from() const { return from_; }
  ChangeNumber change() const {
    return ChangeNumber{change_low_ | (std::uint64_t{change_high_} << 32U)};
  }
  wire::UnixNanos effective_time() const;

  // Equal for rows with equal AT lines and, but for chance, for no others: HashReport of the line.
  // `client` is the hash of the client's ID.
  RowHash hash(const HashKey& key, ClientHash client) const;

  // These two may be read without the stripe's lock. A tombstone has no position.
  wire::UnixNanos receipt() const { return {receipt_.load(std::memory_order_relaxed)}; }
  geo::LatLngE7 position() const {
    const std::uint64_t both = position_.load(std::memory_order_relaxed);
    return {.lat = static_cast<std::int32_t>(both >> 32U), .lng = static_cast<std::int32_t>(both)};
  }

  // How the report that the row holds stands to `at`, a report of the same client, in the total
  // order.
  std::strong_ordering Compare(const wire::At& at) const;

  // Makes `at` the row's own: the first, or one of the same client.
  void Assign(const wire::At& at, LinkId from);

  // Bytes of the heap that the row holds, with the overhead of their allocation: 0 where the report
  // is kept as numbers. And those that it would hold after Assign.
  std::size_t heap_bytes() const {
    return client_size_ != 0 || text() == nullptr ? 0 : TextHeapBytes();
  }
  std::size_t HeapBytesWith(const wire::At& at) const;

  // Is unused again.
  void Clear();

  void set_change(ChangeNumber change) {
    change_low_ = static_cast<std::uint32_t>(change);
    change_high_ = static_cast<std::uint16_t>(static_cast<std::uint64_t>(change) >> 32U);
  }

 private:
  friend class NearIndex;

  struct Text;

  std::atomic<std::int64_t> receipt_ = 0;
  std::atomic<std::uint64_t> position_ = 0;
  std::int64_t time_ = 0;
  // Its neighbours in the index of near clients, which guards them.
  RowRef near_next_ = kNoRef;
  RowRef near_previous_ = kNoRef;
  std::uint32_t change_low_ = 0;
  std::uint16_t change_high_ = 0;
  ServerNumber server_{};
  // The ID; or, when client_size_ is 0, the address of the Text, or null.
  alignas(8) std::array<char, kInlineIdBytes> client_{};
  wire::LocationLayout location_layout_{};
  LinkId from_{};
  wire::TimeLayout time_layout_{};
  std::uint8_t client_size_ = 0;

  Text* text() const;
  std::string_view TextClient() const;
  bool TextForgotten() const;
  std::size_t TextHeapBytes() const;
  bool HasRoomFor(std::size_t line_size) const;
  void SetText(Text* text);
  bool Holds(const wire::At& at) const;
  bool TakeNumbers(const wire::At& at);
};

static_assert(sizeof(Row) == 64);

// The hash of the row that holds `at` (docs/peer-protocol.md, "Hashes").
RowHash HashReport(const HashKey& key, const wire::At& at);

}  // namespace herd::fleet
