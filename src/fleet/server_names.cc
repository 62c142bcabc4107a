#include "fleet/server_names.h"

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>

namespace herd::fleet {
namespace {

struct Entry {
  std::string text;
  std::size_t hash;
};

// A hash table with open addressing, twice as large as it can be full. A slot is 0 or, once and for
// all, the number of a name plus one; the name is there before the slot tells.
constexpr std::size_t kSlots = 131'072;
static_assert(kSlots > 2 * kServerNumbersMax);

class Names {
 public:
  std::optional<ServerNumber> NumberOf(std::string_view text) {
    const std::size_t hash = std::hash<std::string_view>{}(text);
    if (const auto known = Find(text, hash).number) return known;
    const std::lock_guard lock(mutex_);
    const Found found = Find(text, hash);
    if (found.number || count_ == kServerNumbersMax) return found.number;
    // Never freed: rows of any fleet may name it until the process ends.
    entries_[count_] = new Entry{std::string(text), hash};
    slots_[found.slot].store(static_cast<std::uint32_t>(count_ + 1), std::memory_order_release);
    return ServerNumber{static_cast<std::uint16_t>(count_++)};
  }

  std::string_view NameOf(ServerNumber number) const {
    return entries_[static_cast<std::size_t>(number)]->text;
  }

 private:
  struct Found {
    std::optional<ServerNumber> number;
    std::size_t slot;  // where it is, or would be
  };

  std::array<const Entry*, kServerNumbersMax> entries_{};
  std::array<std::atomic<std::uint32_t>, kSlots> slots_{};
  std::mutex mutex_;
  std::size_t count_ = 0;

  Found Find(std::string_view text, std::size_t hash) const {
    for (std::size_t slot = hash % kSlots;; slot = (slot + 1) % kSlots) {
      const std::uint32_t taken = slots_[slot].load(std::memory_order_acquire);
      if (taken == 0) return {.number = std::nullopt, .slot = slot};
      const Entry& entry = *entries_[taken - 1];
      if (entry.hash == hash && entry.text == text)
        return {.number = ServerNumber{static_cast<std::uint16_t>(taken - 1)}, .slot = slot};
    }
  }
};

// Zero at first, so that only the pages in use take memory.
constinit Names names;

}  // namespace

std::optional<ServerNumber> NumberOf(std::string_view name) {
  return names.NumberOf(name);
}

std::string_view NameOf(ServerNumber number) {
  return names.NameOf(number);
}

}  // namespace herd::fleet
