#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/hash.h"
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

// A place in the change feed of one stripe; greater is later, 0 is before every change.
enum class ChangeNumber : std::uint64_t {};

// Where one client is: its winning report, in the text of its AT line, and how it came here. Or
// that it has been forgotten: a tombstone is a row like any other, which nobody is told of but
// neighbours and disks.
class Row {
 public:
  Row(const wire::At& at, LinkId from, ClientHash hash);

  // "AT <server> <skew> <client> <location> <time>", without a line end.
  std::string_view at_line() const { return line_; }
  std::string_view client() const;
  std::string_view location_text() const;
  bool forgotten() const { return wire::IsForgotten(location_text()); }
  ClientHash hash() const { return hash_; }
  LinkId from() const { return from_; }
  ChangeNumber change() const { return change_; }
  wire::UnixNanos receipt() const { return receipt_; }
  wire::UnixNanos effective_time() const { return effective_time_; }

  // How the report that the row holds stands to `at`, a report of the same client, in the total
  // order.
  std::strong_ordering Compare(const wire::At& at) const;

  // Makes `at`, a report of the same client, the row's own.
  void Replace(const wire::At& at, LinkId from);

  void set_change(ChangeNumber change) { change_ = change; }

 private:
  // Ends of the fields in line_, each but the last followed by one space.
  std::uint32_t server_end_;
  std::uint32_t skew_end_;
  std::uint32_t client_end_;
  std::uint32_t location_end_;
  LinkId from_;
  ChangeNumber change_{0};
  wire::UnixNanos effective_time_;
  wire::UnixNanos receipt_;
  const ClientHash hash_;
  std::string line_;

  std::string_view Field(std::uint32_t previous_end, std::uint32_t end) const;
};

}  // namespace herd::fleet
