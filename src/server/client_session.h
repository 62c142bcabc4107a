#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/hash.h"
#include "net/admission.h"
#include "net/connection.h"
#include "places/provider.h"
#include "server/links.h"
#include "server/loop_stats.h"
#include "server/node.h"
#include "server/read_ahead.h"
#include "server/replies.h"
#include "wire/command.h"

namespace herd::server {

// One client: its lines become commands, and these become replies in their order. On its loop's
// thread.
class ClientSession : public net::Connection {
 public:
  // `newcomers` closes it until its first command. `buffers`, `node`, `links`, which get every
  // change before its reply goes out, and the loop's own `stats` outlive the session.
  ClientSession(net::Loop& loop, net::Socket socket, net::IdleList& newcomers,
                net::Buffers& buffers, net::Admission::Ticket ticket,
                const boost::asio::ip::tcp::endpoint& peer, Node& node, Links& links,
                LoopStats& stats);

  // Whether the client is at `address`, or in its network.
  bool IsFrom(const boost::asio::ip::address& address) const { return ticket_.IsOf(address); }

 protected:
  std::size_t OnInput(std::string_view input, bool end, std::string& out) override;
  bool Busy() const override { return replies_ != nullptr; }
  bool WantsInput() const override;
  unsigned HoldsBeforeWrite() override;
  std::size_t OwedBytes(const std::string& out) override;
  void OnRefused(bool took_back) override;
  net::Buffers* buffers() override { return &buffers_; }
  std::size_t HeldBySession() const override { return replies_ ? replies_->bytes() : 0; }
  void OnLetGo() override { replies_.reset(); }
  void OnClosed(net::CloseReason reason) override;

 private:
  static constexpr std::uint32_t kNoAcknowledgement = std::numeric_limits<std::uint32_t>::max();

  Node& node_;
  Links& links_;
  LoopStats& stats_;
  net::Buffers& buffers_;
  net::Admission::Ticket ticket_;
  std::unique_ptr<Replies> replies_;  // null while none has to wait
  const std::unique_ptr<const std::string>
      peer_;                       // the client's address; null unless traffic is logged
  std::optional<ReplyId> asking_;  // while the places provider is being called
  bool first_line_ = true;         // no line but blank ones has come yet
  bool changed_ = false;           // the fleet, by a report whose reply is not out yet
  // Where in the replies that are about to go out the first of acknowledges_ stands.
  std::uint32_t acknowledges_from_ = kNoAcknowledgement;
  // Of whom a reply that is not out yet acknowledges reports; with Node::durability only.
  std::vector<fleet::ClientHash> acknowledges_;

  bool CanTake(const std::string& out) const;
  // `client` is the hash of the ID of whom an IAMAT tells.
  void Take(std::string_view line, const wire::Command& command, fleet::ClientHash client,
            wire::UnixNanos received, std::string& out);
  void Take(const wire::Iamat& iamat, std::string_view line, fleet::ClientHash client,
            wire::UnixNanos received, std::string& out);
  void Take(const wire::Whatsat& whatsat, std::string_view line, std::string& out);
  void TakeTooLong(std::string_view input, std::string& out);
  void Refuse(std::string_view line, std::string& out);
  void AskPlaces(const places::Query& query, std::string at_line, std::string& out);
  void MakeReply(ReplyId id, std::string_view at_line, const places::Answer& answer,
                 std::chrono::nanoseconds took);
  void TakeReplies(std::string& out);
  void Reply(std::string_view reply, std::string& out, bool acknowledges = false);
  void LogReply(std::string_view reply);
  void LogWhenSlow(std::chrono::nanoseconds took, const places::Answer& answer) const;
};

}  // namespace herd::server
