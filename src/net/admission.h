#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace herd::net {

// An address as a number, for who counts by address: of an IPv6 one its /64, which is what one
// subscriber usually holds. An IPv4 address in IPv6's form is the same as the plain one.
std::uint64_t AddressKey(const boost::asio::ip::address& address);

// Counts connections, in all and by address, and says when there are enough. Any thread. An IPv6
// address stands for its /64, which is what one subscriber usually holds.
class Admission {
 public:
  // Zero: no bound of that kind.
  struct Bounds {
    std::size_t connections_max = 0;
    std::size_t connections_per_address_max = 0;
  };

  // One admitted connection; ends with this object. The Admission must outlive it.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), address_(other.address_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();

    // Ends it now.
    void Leave();

    // Whether it is of `address`, or of its network.
    bool IsOf(const boost::asio::ip::address& address) const;

    // The same for connections of one address, of an IPv6 one its /64.
    std::uint64_t address() const { return address_; }

   private:
    friend class Admission;
    Ticket(Admission& admission, std::uint64_t address)
        : admission_(&admission), address_(address) {}

    Admission* admission_;
    std::uint64_t address_;
  };

  explicit Admission(Bounds bounds) : bounds_(bounds) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // Nothing when a bound is reached.
  std::optional<Ticket> Admit(const boost::asio::ip::address& address);

  // Whether there are as many connections in all as may be.
  bool full() const {
    return bounds_.connections_max != 0 && connections_ >= bounds_.connections_max;
  }

  std::size_t connections() const { return connections_; }
  const Bounds& bounds() const { return bounds_; }

 private:
  const Bounds bounds_;
  std::atomic<std::size_t> connections_ = 0;
  std::mutex mutex_;
  std::map<std::uint64_t, std::size_t> by_address_;  // empty without a bound per address

  bool AdmitAddress(std::uint64_t address);
  void Leave(std::uint64_t address);
};

}  // namespace herd::net
