#include "net/admission.h"

#include <cstdint>

namespace herd::net {

// The upper half of an IPv6 address. An IPv4 address stands alone in what would be the IPv6 network
// ::/32, which is reserved.
std::uint64_t AddressKey(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_v4().to_uint();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_uint();
  std::uint64_t network = 0;
  const auto bytes = v6.to_bytes();
  for (std::size_t i = 0; i < 8; ++i) network = network << 8U | bytes[i];
  return network;
}

std::optional<Admission::Ticket> Admission::Admit(const boost::asio::ip::address& address) {
  const std::size_t before = connections_.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t key = AddressKey(address);
  const bool full = bounds_.connections_max != 0 && before >= bounds_.connections_max;
  if (full || !AdmitAddress(key)) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return Ticket(*this, key);
}

bool Admission::AdmitAddress(std::uint64_t address) {
  if (bounds_.connections_per_address_max == 0) return true;
  const std::lock_guard lock(mutex_);
  std::size_t& count = by_address_[address];
  if (count >= bounds_.connections_per_address_max) return false;
  ++count;
  return true;
}

void Admission::Leave(std::uint64_t address) {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  if (bounds_.connections_per_address_max == 0) return;
  const std::lock_guard lock(mutex_);
  const auto entry = by_address_.find(address);
  if (--entry->second == 0) by_address_.erase(entry);
}

Admission::Ticket::~Ticket() {
  Leave();
}

void Admission::Ticket::Leave() {
  if (admission_ != nullptr) std::exchange(admission_, nullptr)->Leave(address_);
}

bool Admission::Ticket::IsOf(const boost::asio::ip::address& address) const {
  return address_ == AddressKey(address);
}

}  // namespace herd::net
