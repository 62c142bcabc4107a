#pragma once

#include <spdlog/common.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flood/agreement.h"
#include "flood/confirmations.h"
#include "flood/handshake.h"
#include "flood/topology.h"
#include "net/connection.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "server/log_limit.h"
#include "server/node.h"
#include "server/peer_session.h"
#include "server/status.h"
#include "server/strangers.h"

namespace herd::server {

// The links of one server: dials each neighbour until a connection to it stands, takes those that
// dial us, and keeps one connection per neighbour. All links live on one loop; everything happens
// on its thread, unless it says otherwise.
class Links : public PeerOwner {
 public:
  // `node` outlives the links. `on_linked` is called once, when every link has come up, be some of
  // them down again by then; at once when there are none.
  Links(net::Loop& loop, Node& node, flood::Identity identity, std::function<void()> on_linked);

  // Begins to dial.
  void Start();

  // A connection to our port for neighbours.
  void Accept(net::Socket socket, const boost::asio::ip::tcp::endpoint& address);

  // Hands all changes to the links soon. True when there is none; else `writer` is to hold its
  // replies, and is released on its own loop when that has happened. So one write to a neighbour
  // carries the reports of all clients that were ready together. Any thread.
  bool FloodBefore(net::Connection& writer);

  // Calls `done`, on the loop's thread, once durability.ack's number of neighbours have confirmed
  // that they have the reports of `clients`, which are in the fleet, or better ones. Never when
  // they do not within durability.timeout_ms. Any thread.
  void WhenConfirmed(std::vector<fleet::ClientHash> clients, flood::Confirmations::Done done);

  // Hands all changes to the links.
  void Flood();

  // Hands over the last changes, says goodbye, and dials no more.
  void Stop();

  // What there is to know of each link, in the order of the configuration.
  std::vector<LinkStatus> Status(flood::Instant now) const;

  // Connections to our port that have not become links, and how many of those had to make room.
  std::size_t strangers() const { return Strangers().size(); }
  std::uint64_t strangers_displaced() const { return strangers_displaced_; }

  // Whether every connection has ended.
  bool ended() const { return sessions_.empty(); }

  Verdict Judge(PeerSession& session) override;
  void OnAlive(PeerSession& session) override;
  flood::Link::Start OnOpen(PeerSession& session) override;
  void WakeFlood() override;
  void OnOver(PeerSession& session, std::string_view why) override;
  void OnPeerClosed(PeerSession& session) override;

 private:
  struct Neighbour {
    Neighbour(net::Loop& loop, const ServerEntry& server, fleet::LinkId link_id)
        : entry(server),
          id(link_id),
          dialer(loop),
          retry_timer(loop.context()),
          newcomer_timer(loop.context()) {}

    const ServerEntry& entry;
    const fleet::LinkId id;
    net::Dialer dialer;
    net::Timer retry_timer;
    bool dialing = false;            // the dialer is at work
    PeerSession* dialled = nullptr;  // connected by us, not yet up
    PeerSession* up = nullptr;
    // Has proved itself while `up` stands: waits for whether that one still answers.
    PeerSession* newcomer = nullptr;
    net::Timer newcomer_timer;
    std::optional<std::uint64_t> proved_from;  // net::AddressKey of where it dialled us from last
    unsigned short_lives = 0;                  // of links in a row that did not stand for long
    flood::Instant accept_after;               // after several of those
    std::uint64_t rivals = 0;
    LogLimit rivals_log{std::chrono::seconds(60)};
    LogLimit short_lives_log{std::chrono::seconds(10)};
    std::string run;                             // of the neighbour when the link was last up
    std::optional<fleet::Cursors> acknowledged;  // what that run of it has for certain
    // Dials in a row that led to no link that stood for long:
    unsigned failures = 0;
    std::string last_problem;  // what was logged last, so as not to repeat it at every dial
    std::string why_down;      // what came of the last link or try; empty while it is up
    flood::Instant changed;    // when it last came up or went down
    flood::Instant tried;      // when the last dial began, or the link was lost
    std::uint64_t times_up = 0;
    LogLimit settings_log;
    LogLimit clock_log;
    // Of the connections that were up before this one:
    flood::LinkCounters ended;
    std::uint64_t ended_bytes_in = 0;
    std::uint64_t ended_bytes_out = 0;

    void AddEnded(const PeerSession& session);
  };

  net::Loop& loop_;
  Node& node_;
  const flood::Identity identity_;
  flood::Topology topology_;
  flood::Confirmations confirmations_;
  std::function<void()> on_linked_;  // empty once called
  std::vector<std::unique_ptr<Neighbour>> neighbours_;
  std::set<std::shared_ptr<PeerSession>> sessions_;  // all that are not closed
  std::minstd_rand random_;
  std::atomic<std::size_t> up_count_ = 0;
  std::atomic<bool> flood_posted_ = false;
  std::mutex writers_mutex_;
  std::vector<std::shared_ptr<net::Connection>> writers_;  // to be released after the next flood
  bool stopping_ = false;
  LogLimit strangers_log_;
  std::uint64_t strangers_displaced_ = 0;

  Neighbour& Find(std::string_view name);
  flood::Agreement::Expected Expected(Neighbour& neighbour);
  LinkStatus StatusOf(const Neighbour& neighbour, flood::Instant now) const;
  bool IsGreeting(const Neighbour& neighbour) const;
  std::shared_ptr<PeerSession> Add(net::Socket socket, std::string peer,
                                   const boost::asio::ip::tcp::endpoint& remote);
  void DialLater(Neighbour& neighbour);
  void Dial(Neighbour& neighbour);
  void DropOwnDial(Neighbour& neighbour);
  void OnLinkOver(Neighbour& neighbour, PeerSession& session, std::string_view why);
  void CountLife(Neighbour& neighbour);
  Verdict Compete(Neighbour& neighbour, PeerSession& session);
  void RefuseNewcomer(Neighbour& neighbour);
  void TakeNewcomer(Neighbour& neighbour);
  void LogProblem(Neighbour& neighbour, const std::string& problem);
  void SayWhenLinked();
  std::vector<PeerSession*> Strangers() const;
  std::set<std::uint64_t> NeighboursAddresses() const;
  void MakeRoom(std::uint64_t address);
};

}  // namespace herd::server
