#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "flood/handshake.h"
#include "flood/link.h"
#include "net/connection.h"
#include "server/node.h"

namespace herd::server {

class PeerSession;

// What becomes of a neighbour that dialled us and has proved itself.
struct Verdict {
  enum class What { kAccept, kRefuse, kWait } what;
  std::string_view reason = {};  // of a refusal; the neighbour is told
};

// What the owner of the peer sessions decides and wants to know. On the loop's thread.
class PeerOwner {
 public:
  PeerOwner() = default;
  PeerOwner(const PeerOwner&) = delete;
  PeerOwner& operator=(const PeerOwner&) = delete;
  virtual ~PeerOwner() = default;

  // A neighbour that dialled us has proved itself. After kWait PeerSession::Decide is to follow.
  virtual Verdict Judge(PeerSession& session) = 0;
  // The link is up. Returns how it is to start.
  virtual flood::Link::Start OnOpen(PeerSession& session) = 0;
  // There is something to flood: call PeerSession::Flood soon. From any thread, under a lock of the
  // fleet.
  virtual void WakeFlood() = 0;
  // The neighbour has answered PeerSession::AskForLife.
  virtual void OnAlive(PeerSession& session) = 0;
  // The session is no link any more and will not be one; `why` is for the log. Once a session; its
  // connection may take a while longer to close.
  virtual void OnOver(PeerSession& session, std::string_view why) = 0;
  // Its connection has closed. After OnOver.
  virtual void OnPeerClosed(PeerSession& session) = 0;
};

// One connection to a neighbour, from its first byte on: the bytes and timers round a
// flood::Handshake and then a flood::Link.
class PeerSession : public net::Connection {
 public:
  // `peer`: who was dialled; empty when we were dialled, from `address`. `remote`: the
  // net::AddressKey of the other end. `node`, `identity`,
  // `topology` and `owner` outlive the session.
  PeerSession(net::Loop& loop, net::Socket socket, Node& node, const flood::Identity& identity,
              flood::Topology& topology, PeerOwner& owner, std::string peer, std::string address,
              std::uint64_t remote);

  // Starts reading and, where we dialled, greets.
  void Open();

  // Sends what the neighbour lacks, unless it still has to read what was sent before.
  void Flood();

  // Sends what the neighbour lacks, in pieces as it takes them, and the last word, then closes.
  void SayBye();

  // Ends the wait after Judge.
  void Decide(const Verdict& verdict);

  // Asks the neighbour for an answer, which PeerOwner::OnAlive is told of.
  void AskForLife();

  // Closes; `why` is for the log.
  void Drop(std::string_view why);

  // Whether Flood has something to send.
  bool pending() const;
  // What came and what was said, the handshake included.
  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }
  // Whether it is no stranger: the neighbour has proved itself, or we dialled it.
  bool proved() const { return proved_; }
  const flood::Handshake& handshake() const { return handshake_; }
  std::uint64_t remote() const { return remote_; }
  // When anything came last, or the connection did.
  flood::Instant heard() const { return heard_; }
  // Whether it is no link any more, or will be none, and only waits to be closed.
  bool over() const { return over_; }
  // Null until the link is up.
  const flood::Link* link() const { return link_ ? &*link_ : nullptr; }
  // The neighbour's name, as far as it is known, and its address.
  std::string Who() const;

 protected:
  std::size_t OnInput(std::string_view input, bool end, std::string& out) override;
  bool WantsInput() const override { return !link_ || !link_->full(); }
  void OnDrained(std::string& out) override;
  void OnClosed(net::CloseReason reason) override;

 private:
  Node& node_;
  flood::Topology& topology_;
  PeerOwner& owner_;
  const std::string address_;
  const std::uint64_t remote_;
  flood::Handshake handshake_;
  bool proved_;
  flood::Instant heard_;
  std::optional<std::uint64_t> asked_for_life_;  // by the PING of that number
  std::optional<flood::Link> link_;
  net::Timer timer_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  bool ending_ = false;  // SayBye was called
  bool over_ = false;

  // Fetches the rows of the first AT lines of the input into the cache, as they are looked at one
  // by one otherwise. Returns how much of the input that was.
  std::size_t FetchAhead(std::string_view input) const;
  void Receive(std::string_view line, flood::Instant now, std::string& out);
  void ReceiveGreeting(std::string_view line, std::string& out);
  void Settle(const Verdict& verdict, std::string& out);
  void OpenLink(std::string& out);
  void EndLink(flood::Link::End end);
  void WaitForTick();
  void SayOver(std::string_view why);
  // Takes note of what is about to be written.
  void NoteOut(std::string_view bytes);
};

}  // namespace herd::server
