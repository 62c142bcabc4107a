#include "server/server.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <utility>

#include "server/admin.h"
#include "server/admin_guard.h"
#include "server/client_session.h"
#include "server/clock.h"
#include "server/file_limit.h"
#include "server/fleet_bounds.h"
#include "server/secret.h"

namespace herd::server {
namespace {

// At the end the clients have so long to take their last replies, and the neighbours the last
// changes.
constexpr std::chrono::seconds kStopTime{5};

// Of that time, what those have whom replies wait for: Google, and who makes reports durable. The
// rest is for their replies to go out, and for those behind them.
constexpr std::chrono::seconds kStopReplyTime{3};

// How often the end looks whether all is said.
constexpr std::chrono::milliseconds kStopLookInterval{10};

// More share a load no quicker.
constexpr unsigned kLoadThreadsMax = 4;

spdlog::level::level_enum LevelOf(journal::Gravity gravity) {
  switch (gravity) {
    case journal::Gravity::kInfo:
      return spdlog::level::info;
    case journal::Gravity::kWarning:
      return spdlog::level::warn;
    case journal::Gravity::kError:
      break;
  }
  return spdlog::level::err;
}

constexpr std::size_t kRunBytes = 8;

net::Admission::Bounds BoundsOf(const Limits& limits) {
  const std::size_t room = RaiseFileLimit();
  const std::size_t all = limits.connections == 0 ? room : std::min(room, limits.connections);
  // One address, whoever is behind it, leaves room for others.
  constexpr std::size_t kAddressShare = 4;
  const std::size_t share = std::max<std::size_t>(1, all / kAddressShare);
  return {.connections_max = all,
          .connections_per_address_max =
              limits.connections_per_address == 0 ? share : limits.connections_per_address};
}

// The shorter of both; zero is none.
std::chrono::seconds NewcomerTimeout(const Limits& limits) {
  const auto [shorter, longer] = std::minmax(limits.first_command, limits.idle_timeout);
  return shorter == std::chrono::seconds::zero() ? longer : shorter;
}

std::vector<std::string> AddressesOf(const std::vector<std::unique_ptr<net::Listener>>& listeners) {
  std::vector<std::string> addresses;
  for (const auto& listener : listeners) {
    std::string address = net::ToString(listener->endpoint());
    if (std::ranges::find(addresses, address) == addresses.end())
      addresses.push_back(std::move(address));
  }
  return addresses;
}

}  // namespace

Server::Worker::Worker(const Config& config)
    : idle_list(loop, config.limits.idle_timeout),
      newcomers(loop, NewcomerTimeout(config.limits), idle_list),
      // Connections are spread evenly over the loops, so each has an equal share.
      buffers(loop, config.limits.buffers_bytes / config.threads, config.limits.socket_bytes,
              stats.buffer_bytes),
      meter(loop, stats.delay) {}

Server::Server(Parts parts)
    : node_{.name = parts.name,
            .config = parts.config,
            .log = std::move(parts.log),
            .log_writer = std::move(parts.log_writer),
            .traffic = std::move(parts.traffic),
            .places = std::move(parts.places),
            .admission = net::Admission(BoundsOf(parts.config.limits)),
            .slow_look_ups = LogLimit(),
            .fleet = fleet::Fleet(HashKeyOf(parts.secret, parts.config.herd),
                                  FleetBoundsOf(parts.config, FindMemoryLimit())),
            // Where no row expires no clock matters.
            .clock = journal::ClockGuard(parts.config.expire_after == std::chrono::seconds::zero()
                                             ? std::chrono::seconds::zero()
                                             : parts.config.clock_step_max,
                                         Now(), journal::SteadyTime()),
            .journal = nullptr,
            .durability = nullptr},
      workers_([&] {
        std::vector<std::unique_ptr<Worker>> workers;
        for (unsigned i = 0; i < node_.config.threads; ++i) {
          workers.push_back(std::make_unique<Worker>(node_.config));
        }
        return workers;
      }()),
      links_(first_loop(), node_,
             {.herd = node_.config.herd,
              .name = node_.name,
              .neighbours = node_.config.NeighboursOf(node_.name),
              .secret = parts.secret,
              .run = RandomHex(kRunBytes)},
             std::move(parts.on_linked)),
      expiry_(first_loop(), node_),
      fleet_watch_(first_loop(), node_, links_),
      status_(
          node_, links_,
          [&] {
            std::vector<const LoopStats*> stats;
            for (const auto& worker : workers_) stats.push_back(&worker->stats);
            return stats;
          }(),
          std::move(parts.version)),
      forgetter_(first_loop(), node_, links_),
      signals_(first_loop().context(), SIGTERM, SIGINT),
      stop_timer_(first_loop().context()),
      on_ready_(std::move(parts.on_ready)) {
  MakeJournal();
  MakeDurability();
}

Server::~Server() {
  // Look-ups in flight end here, while the loops that they answer to are still there.
  node_.places.reset();
  // So do those who wait for the disk; and the last changes go there.
  node_.journal.reset();
  node_.durability.reset();
}

std::expected<std::unique_ptr<Server>, std::string> Server::Listen(Parts parts) {
  auto server = std::unique_ptr<Server>(new Server(std::move(parts)));
  auto listening = server->ListenForClients();
  if (listening) listening = server->ListenForPeers();
  if (listening) listening = server->ListenForAdmin();
  if (!listening) return std::unexpected(listening.error());
  return server;
}

std::expected<void, std::string> Server::ListenForClients() {
  std::vector<net::Loop*> loops;
  for (const auto& worker : workers_) loops.push_back(&worker->loop);
  for (const Endpoint& endpoint : node_.config.Find(node_.name)->clients) {
    auto listeners = net::Listener::Open(endpoint.host, endpoint.port, loops,
                                         static_cast<int>(node_.config.limits.socket_bytes));
    if (!listeners) return std::unexpected(node_.name + ", for clients: " + listeners.error());
    std::ranges::move(*listeners, std::back_inserter(client_listeners_));
  }
  return {};
}

std::expected<void, std::string> Server::ListenForPeers() {
  const ServerEntry& entry = *node_.config.Find(node_.name);
  if (!entry.peers || node_.config.NeighboursOf(node_.name).empty()) return {};
  const Endpoint& endpoint = entry.peers_listen ? *entry.peers_listen : *entry.peers;
  net::Loop* const loop = &first_loop();
  auto listeners = net::Listener::Open(endpoint.host, endpoint.port, {&loop, 1});
  if (!listeners) return std::unexpected(node_.name + ", for neighbours: " + listeners.error());
  peer_listeners_ = *std::move(listeners);
  return {};
}

std::expected<void, std::string> Server::ListenForAdmin() {
  const ServerEntry& entry = *node_.config.Find(node_.name);
  if (!entry.admin) return {};
  near_ =
      std::make_unique<NearFinder>(first_loop(), node_.fleet,
                                   fleet::NearBudget{.rows_max = node_.config.limits.near_rows,
                                                     .cells_max = node_.config.limits.near_cells});
  const AdminParts parts{
      .collect = [this] { return status_.Collect(); },
      .forget = [this](const ForgetRequest& request,
                       Forgetter::Done done) { forgetter_.Forget(request, std::move(done)); },
      .near =
          [this](const NearRequest& request, std::stop_token abandoned, AdminParts::OnNear done) {
            FindNear(request, std::move(abandoned), std::move(done));
          },
      .hosts = HostsOf(entry)};
  auto admin = net::HttpServer::Open(
      first_loop(), entry.admin->host, entry.admin->port,
      {.answer = [parts](const net::HttpRequest& request,
                         const net::HttpReply& reply) { AnswerAdmin(request, parts, reply); },
       .fault = AdminFault});
  if (!admin) return std::unexpected(node_.name + ", for administration: " + admin.error());
  admin_ = *std::move(admin);
  return {};
}

void Server::FindNear(const NearRequest& request, std::stop_token abandoned,
                      AdminParts::OnNear done) {
  if (loading_) {
    return done(std::unexpected(
        "the journal is being loaded; ask another server, or again when that is done"));
  }
  near_->Find(request, std::move(abandoned),
              [this, done = std::move(done)](const fleet::NearAnswer& answer,
                                             std::chrono::nanoseconds took) {
                LoopStats& stats = workers_.front()->stats;
                stats.near_times.Record(took);
                if (!answer.complete) stats.near_incomplete.Add();
                done(answer);
              });
}

void Server::MakeJournal() {
  if (node_.config.journal.directory.empty()) return;
  const auto say = [log = node_.log](journal::Gravity gravity, const std::string& text) {
    log->log(LevelOf(gravity), "{}", text);
  };
  node_.journal = std::make_unique<journal::Journal>(
      journal::Journal::Settings{
          .store = {.directory = node_.config.journal.directory / node_.name,
                    .herd = node_.config.herd,
                    .server = node_.name,
                    .horizon = {},
                    .now = Now,
                    .say = say},
          .write_interval = node_.config.journal.write_interval,
          .rows_per_second = node_.config.journal.rows_per_second,
          .load_threads = std::clamp(std::thread::hardware_concurrency(), 1U, kLoadThreadsMax),
          .stall_timeout = node_.config.journal.stall_timeout,
          .clock = &node_.clock,
          .clock_confirmed = node_.config.clock_confirmed},
      node_.fleet);
}

void Server::MakeDurability() {
  const auto make = [this](std::string who, Durability::Ask ask) {
    node_.durability = std::make_unique<Durability>(first_loop(), std::move(who), std::move(ask),
                                                    node_.config.durability, *node_.log);
  };
  switch (node_.config.durability.ack) {
    case Acknowledge::kMemory:
      break;
    case Acknowledge::kDisk:
      make("the journal", [this](std::vector<fleet::ClientHash>, Durability::Done done) {
        node_.journal->WhenSynced(std::move(done));
      });
      break;
    case Acknowledge::kPeers:
      make("confirmation by neighbours",
           [this](std::vector<fleet::ClientHash> clients, const Durability::Done& done) {
             links_.WhenConfirmed(std::move(clients), [done] { done(true); });
           });
      break;
  }
}

std::vector<std::string> Server::client_addresses() const {
  return AddressesOf(client_listeners_);
}

std::vector<std::string> Server::peer_addresses() const {
  return AddressesOf(peer_listeners_);
}

std::vector<std::string> Server::admin_addresses() const {
  std::vector<std::string> addresses;
  if (!admin_) return addresses;
  for (const auto& endpoint : admin_->endpoints()) addresses.push_back(net::ToString(endpoint));
  return addresses;
}

std::expected<void, std::string> Server::Run() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (!error) Stop(signal);
  });
  for (const auto& worker : workers_) {
    worker->meter.Start();
    worker->loop.SetOnException([this, &stats = worker->stats](const std::exception& error) {
      stats.exceptions.Add();
      exceptions_.Log(*node_.log, SteadyNow(),
                      std::string("a fault in the program, which cost one connection or task: ") +
                          error.what());
    });
  }
  // Before the journal: what has expired is not to come back from there.
  expiry_.Start();
  fleet_watch_.Start();
  if (admin_) admin_->Start(OnListenError());
  std::vector<std::jthread> threads;
  threads.push_back(LoadJournal());
  for (const auto& worker : workers_) {
    if (worker != workers_.front()) threads.emplace_back([&loop = worker->loop] { loop.Run(); });
  }
  first_loop().Run();
  for (const auto& worker : workers_) worker->loop.Stop();
  return loaded_;
}

std::jthread Server::LoadJournal() {
  return std::jthread([this] {
    auto loaded = node_.journal ? node_.journal->Start() : std::expected<void, std::string>();
    boost::asio::post(first_loop().context(),
                      [this, loaded = std::move(loaded)]() mutable { Begin(std::move(loaded)); });
  });
}

// Who has connected meanwhile is accepted now.
void Server::Begin(std::expected<void, std::string> loaded) {
  loaded_ = std::move(loaded);
  loading_ = false;
  if (!loaded_) return first_loop().Stop();
  if (stop_deadline_ != flood::Instant{}) return;  // it ends already
  StartAccepting();
  if (on_ready_) on_ready_();
  links_.Start();
}

net::Listener::OnError Server::OnListenError() {
  return [this](const std::string& error) {
    listen_errors_.Log(*node_.log, SteadyNow(), error + "; trying again");
  };
}

void Server::StartAccepting() {
  const auto on_error = OnListenError();
  for (std::size_t i = 0; i < client_listeners_.size(); ++i) {
    // Listener::Open makes one for each loop in turn.
    Worker& worker = *workers_[i % workers_.size()];
    client_listeners_[i]->Start(
        [this, &worker](net::Loop&, net::Socket socket, const auto& peer) {
          AcceptClient(worker, std::move(socket), peer);
          return !node_.admission.full();
        },
        on_error);
  }
  for (const auto& listener : peer_listeners_) {
    listener->Start(
        [this](net::Loop&, net::Socket socket, const auto& peer) {
          links_.Accept(std::move(socket), peer);
          return false;
        },
        on_error);
  }
}

// Where there is no place, a connection that has sent no command yet gives its own: any one when
// all are taken, else one of the same address.
std::optional<net::Admission::Ticket> Server::Admit(Worker& worker,
                                                    const boost::asio::ip::address& address) {
  auto ticket = node_.admission.Admit(address);
  if (ticket) return ticket;
  const bool made_room = worker.newcomers.MakeRoom([&](net::Connection& connection) {
    return static_cast<const ClientSession&>(connection).IsFrom(address);
  });
  if (made_room ||
      (node_.admission.full() && worker.newcomers.MakeRoom([](net::Connection&) { return true; })))
    return node_.admission.Admit(address);
  return std::nullopt;
}

void Server::AcceptClient(Worker& worker, net::Socket socket,
                          const boost::asio::ip::tcp::endpoint& peer) {
  auto ticket = Admit(worker, peer.address());
  if (!ticket) {
    worker.stats.sessions_refused.Add();
    refused_clients_.Log(*node_.log, SteadyNow(),
                         "closed the connection of client " + net::ToString(peer) +
                             ": limits.connections or limits.connections_per_address is reached");
    return;
  }
  worker.stats.sessions.Add();
  std::make_shared<ClientSession>(worker.loop, std::move(socket), worker.newcomers, worker.buffers,
                                  *std::move(ticket), peer, node_, links_, worker.stats)
      ->Start();
}

void Server::Stop(int signal) {
  node_.log->info("ending: signal {}", signal);
  stop_deadline_ = SteadyNow() + kStopTime;
  status_.SetEnding();
  for (std::size_t i = 0; i < client_listeners_.size(); ++i) {
    net::Loop& loop = workers_[i % workers_.size()]->loop;
    boost::asio::post(loop.context(), [&listener = *client_listeners_[i]] { listener.Stop(); });
  }
  for (const auto& listener : peer_listeners_) listener->Stop();
  for (const auto& worker : workers_) {
    boost::asio::post(worker->loop.context(),
                      [&worker = *worker] { worker.newcomers.FinishAll(); });
  }
  StopWhenDone();
}

void Server::StopWhenDone() {
  const bool late = SteadyNow() >= stop_deadline_;
  const bool clients_done = node_.admission.connections() == 0;
  const bool hurry = SteadyNow() >= stop_deadline_ - kStopTime + kStopReplyTime;
  if (hurry && !std::exchange(replies_hurried_, true)) {
    node_.places->Cancel();
    if (node_.durability) node_.durability->WaitNoLonger();
  }
  if ((clients_done || late) && !std::exchange(links_stopped_, true)) links_.Stop();
  if ((clients_done && links_.ended()) || late) {
    node_.log->info("ended");
    first_loop().Stop();
    return;
  }
  stop_timer_.expires_after(kStopLookInterval);
  stop_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) StopWhenDone();
  });
}

}  // namespace herd::server
