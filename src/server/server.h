#pragma once

#include <boost/asio/signal_set.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "flood/secret.h"
#include "net/admission.h"
#include "net/buffers.h"
#include "net/http_server.h"
#include "net/idle_list.h"
#include "net/listener.h"
#include "net/loop.h"
#include "server/admin.h"
#include "server/expiry.h"
#include "server/fleet_watch.h"
#include "server/forgetter.h"
#include "server/links.h"
#include "server/log_limit.h"
#include "server/loop_delay.h"
#include "server/loop_stats.h"
#include "server/near_finder.h"
#include "server/node.h"
#include "server/status_collector.h"

namespace herd::server {

// One server put together.
class Server {
 public:
  struct Parts {
    std::string name;
    Config config;
    flood::Secret secret;
    std::shared_ptr<spdlog::logger> log;
    std::shared_ptr<const LogWriter> log_writer;  // of `log`; may be null
    std::unique_ptr<TrafficLog> traffic;          // may be null
    std::unique_ptr<places::Provider> places;
    std::string version;  // of the program
    // Called once each, on a thread of Run; may be empty. The journal is loaded, and clients and
    // neighbours are accepted:
    std::function<void()> on_ready;
    // Every link has come up:
    std::function<void()> on_linked;
  };

  // Listens on all its addresses, or says why it cannot; nothing is accepted before Run.
  // `parts.name` is one of the configuration's servers.
  static std::expected<std::unique_ptr<Server>, std::string> Listen(Parts parts);

  ~Server();

  // Loads the journal, while only the admin address answers; then serves until SIGTERM or SIGINT,
  // and ends cleanly: accepts no more, answers what has come, hands the last changes to the
  // neighbours and says goodbye to them. Blocks; called once. The error: why there is no journal.
  std::expected<void, std::string> Run();

  // Where it listens for clients and for neighbours, as "HOST:PORT"; the latter empty without
  // links.
  std::vector<std::string> client_addresses() const;
  std::vector<std::string> peer_addresses() const;
  // Where it tells how it does; empty without an admin address.
  std::vector<std::string> admin_addresses() const;

 private:
  using Listeners = std::vector<std::unique_ptr<net::Listener>>;

  // One event loop and its clients.
  struct Worker {
    explicit Worker(const Config& config);

    net::Loop loop;
    net::IdleList idle_list;
    net::IdleList newcomers;  // until their first command
    LoopStats stats;
    net::Buffers buffers;
    LoopMeter meter;
  };

  explicit Server(Parts parts);

  Node node_;
  // The first one bears the links and the admin endpoint.
  std::vector<std::unique_ptr<Worker>> workers_;
  Links links_;
  Expiry expiry_;
  FleetWatch fleet_watch_;
  StatusCollector status_;
  Forgetter forgetter_;
  std::unique_ptr<NearFinder> near_;        // null without an admin address
  std::unique_ptr<net::HttpServer> admin_;  // likewise
  Listeners client_listeners_;
  Listeners peer_listeners_;
  boost::asio::signal_set signals_;
  net::Timer stop_timer_;
  flood::Instant stop_deadline_;
  bool loading_ = true;  // the journal
  bool links_stopped_ = false;
  bool replies_hurried_ = false;
  std::function<void()> on_ready_;
  std::expected<void, std::string> loaded_;
  LogLimit refused_clients_;
  LogLimit listen_errors_;
  LogLimit exceptions_;

  net::Loop& first_loop() { return workers_.front()->loop; }
  std::expected<void, std::string> ListenForClients();
  std::expected<void, std::string> ListenForPeers();
  std::expected<void, std::string> ListenForAdmin();
  void FindNear(const NearRequest& request, std::stop_token abandoned, AdminParts::OnNear done);
  void MakeJournal();
  void MakeDurability();
  std::jthread LoadJournal();
  void Begin(std::expected<void, std::string> loaded);
  std::optional<net::Admission::Ticket> Admit(Worker& worker,
                                              const boost::asio::ip::address& address);
  void AcceptClient(Worker& worker, net::Socket socket, const boost::asio::ip::tcp::endpoint& peer);
  net::Listener::OnError OnListenError();
  void StartAccepting();
  void Stop(int signal);
  void StopWhenDone();
};

}  // namespace herd::server
