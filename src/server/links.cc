#include "server/links.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "flood/settle.h"
#include "net/listener.h"
#include "server/clock.h"
#include "server/compared_settings.h"

namespace herd::server {
namespace {

// Connections to our port for neighbours that have not proved themselves yet; further ones are
// closed.
constexpr std::size_t kStrangersMax = 64;

flood::Topology::Plan PlanOf(const Config& config) {
  flood::Topology::Plan plan;
  for (const ServerEntry& server : config.servers) {
    const std::vector<std::string> neighbours = config.NeighboursOf(server.name);
    plan[server.name] = {neighbours.begin(), neighbours.end()};
  }
  return plan;
}

}  // namespace

Links::Links(net::Loop& loop, Node& node, flood::Identity identity, std::function<void()> on_linked)
    : loop_(loop),
      node_(node),
      identity_(std::move(identity)),
      topology_(identity_.name, PlanOf(node.config), Now()),
      confirmations_(node.config.durability.peers, node.config.durability.timeout,
                     [this] { WakeFlood(); }),
      on_linked_(std::move(on_linked)),
      random_(std::random_device{}()) {
  std::uint16_t id = 0;
  for (const std::string& name : identity_.neighbours) {
    neighbours_.push_back(
        std::make_unique<Neighbour>(loop, *node.config.Find(name), fleet::LinkId{id++}));
  }
}

void Links::Start() {
  SayWhenLinked();
  for (const auto& neighbour : neighbours_) {
    neighbour->changed = SteadyNow();
    Dial(*neighbour);
  }
}

void Links::SayWhenLinked() {
  const bool linked = std::ranges::all_of(
      neighbours_, [](const auto& neighbour) { return neighbour->times_up > 0; });
  if (!linked) return;
  if (const auto say = std::exchange(on_linked_, nullptr)) say();
}

void Links::Accept(net::Socket socket, const boost::asio::ip::tcp::endpoint& address) {
  if (stopping_) return;
  if (Strangers() >= kStrangersMax) {
    strangers_log_.Log(*node_.log, SteadyNow(),
                       "closed the connection of " + net::ToString(address) +
                           ": too many others have yet to prove that they are neighbours");
    return;
  }
  Add(std::move(socket), "", net::ToString(address))->Open();
}

std::size_t Links::Strangers() const {
  return static_cast<std::size_t>(std::ranges::count_if(sessions_, [](const auto& session) {
    return session->handshake().role() == flood::Handshake::Role::kAcceptor &&
           session->handshake().state() != flood::Handshake::State::kOpen;
  }));
}

bool Links::FloodBefore(net::Connection& writer) {
  if (up_count_ == 0) return true;
  {
    const std::lock_guard lock(writers_mutex_);
    writers_.push_back(writer.shared_from_this());
  }
  WakeFlood();
  return false;
}

void Links::WhenConfirmed(std::vector<fleet::ClientHash> clients, flood::Confirmations::Done done) {
  if (loop_.OnThisThread()) return confirmations_.Await(clients, SteadyNow(), std::move(done));
  boost::asio::post(loop_.context(),
                    [this, clients = std::move(clients), done = std::move(done)]() mutable {
                      confirmations_.Await(clients, SteadyNow(), std::move(done));
                    });
}

void Links::Flood() {
  for (const auto& neighbour : neighbours_) {
    if (neighbour->up != nullptr && neighbour->up->pending()) neighbour->up->Flood();
  }
}

void Links::WakeFlood() {
  if (flood_posted_.exchange(true)) return;
  boost::asio::post(loop_.context(), [this] {
    flood_posted_ = false;
    // Taken before the flood: one that comes later may have changed what the flood has passed.
    std::vector<std::shared_ptr<net::Connection>> writers;
    {
      const std::lock_guard lock(writers_mutex_);
      writers.swap(writers_);
    }
    Flood();
    for (auto& writer : writers) {
      net::Loop& loop = writer->loop();
      boost::asio::dispatch(loop.context(), [writer = std::move(writer)] { writer->Release(); });
    }
  });
}

void Links::Stop() {
  stopping_ = true;
  const auto sessions = sessions_;
  for (const auto& neighbour : neighbours_) {
    neighbour->retry_timer.cancel();
    neighbour->dialer.Cancel();
  }
  for (const auto& session : sessions) session->SayBye();
}

bool Links::Accepts(PeerSession& session) {
  Neighbour& neighbour = Find(session.handshake().peer());
  auto own_dial = neighbour.dialing ? flood::OwnDial::kDialing : flood::OwnDial::kNone;
  if (neighbour.dialled != nullptr) {
    const bool greeted =
        neighbour.dialled->handshake().state() == flood::Handshake::State::kProving;
    own_dial = greeted ? flood::OwnDial::kGreeted : flood::OwnDial::kDialing;
  }
  if (!flood::AcceptsDialOf(neighbour.entry.name, identity_.name, own_dial)) return false;
  DropOwnDial(neighbour);
  return true;
}

void Links::DropOwnDial(Neighbour& neighbour) {
  neighbour.retry_timer.cancel();
  neighbour.dialer.Cancel();
  neighbour.dialing = false;
  if (PeerSession* dialled = std::exchange(neighbour.dialled, nullptr))
    dialled->Drop("the neighbour dialled us");
}

flood::Link::Start Links::OnOpen(PeerSession& session) {
  Neighbour& neighbour = Find(session.handshake().peer());
  if (neighbour.dialled == &session) neighbour.dialled = nullptr;
  // A neighbour opens a second connection only when it knows the first to be dead.
  if (neighbour.up != nullptr) neighbour.up->Drop("a newer connection took its place");
  neighbour.up = &session;
  ++up_count_;
  neighbour.failures = 0;
  neighbour.last_problem.clear();
  neighbour.why_down.clear();
  neighbour.changed = SteadyNow();
  ++neighbour.times_up;
  node_.log->info("link to {} is up", session.Who());
  SayWhenLinked();
  const std::string& run = session.handshake().peer_run();
  if (std::exchange(neighbour.run, run) != run) neighbour.acknowledged.reset();
  const LinkSettings& settings = node_.config.link;
  topology_.Up(neighbour.entry.name);
  WakeFlood();
  return {.id = neighbour.id,
          .neighbour = neighbour.entry.name,
          .leads = identity_.name < neighbour.entry.name,
          .acknowledged = neighbour.acknowledged,
          .confirmations = &confirmations_,
          .timing = {.heartbeat = settings.heartbeat,
                     .silence_max = settings.silence_max,
                     .compare_interval = settings.compare_interval},
          .wall_clock = Now,
          .agreement = Expected(neighbour),
          .now = SteadyNow()};
}

flood::Agreement::Expected Links::Expected(Neighbour& neighbour) {
  const LinkSettings& settings = node_.config.link;
  const auto warning = [this, &neighbour](LogLimit& log) {
    return [this, &neighbour, &log](const std::string& what) {
      log.Log(*node_.log, SteadyNow(), "link to " + neighbour.entry.name + ": " + what);
    };
  };
  flood::Agreement::Expected expected{
      .settings = ComparedSettings(node_.config, identity_.secret),
      .clock_difference = settings.clock_difference,
      .warn_of_settings = warning(neighbour.settings_log),
      .warn_of_clock = warning(neighbour.clock_log)};
  if (settings.compare_interval > std::chrono::seconds::zero())
    expected.clock_difference_max = settings.compare_interval;
  return expected;
}

void Links::OnOver(PeerSession& session, std::string_view why) {
  for (const auto& neighbour : neighbours_) {
    if (neighbour->up == &session) {
      neighbour->up = nullptr;
      neighbour->acknowledged = session.link()->acknowledged();
      --up_count_;
      topology_.Down(neighbour->entry.name);
      WakeFlood();
      neighbour->AddEnded(session);
      neighbour->why_down = why;
      neighbour->changed = SteadyNow();
      neighbour->tried = neighbour->changed;
      node_.log->log(stopping_ ? spdlog::level::debug : spdlog::level::warn,
                     "link to {} is down: {}", session.Who(), why);
      return DialLater(*neighbour);
    }
    if (neighbour->dialled == &session) {
      neighbour->dialled = nullptr;
      LogProblem(*neighbour, "no link to " + session.Who() + ": " + std::string(why));
      return DialLater(*neighbour);
    }
  }
  const std::string message = "closed the connection of " + session.Who() + ": " + std::string(why);
  // Who goes away by himself is no news: a neighbour that drops its dial since we dialled it does
  // so.
  if (session.proved() || session.closed() || stopping_) {
    node_.log->debug("{}", message);
  } else {
    strangers_log_.Log(*node_.log, SteadyNow(), message);
  }
}

void Links::OnPeerClosed(PeerSession& session) {
  std::erase_if(sessions_, [&](const auto& held) { return held.get() == &session; });
}

Links::Neighbour& Links::Find(std::string_view name) {
  // The handshake lets only neighbours through.
  return **std::ranges::find_if(
      neighbours_, [&](const auto& neighbour) { return neighbour->entry.name == name; });
}

std::shared_ptr<PeerSession> Links::Add(net::Socket socket, std::string peer, std::string address) {
  auto session =
      std::make_shared<PeerSession>(loop_, std::move(socket), node_, identity_, topology_, *this,
                                    std::move(peer), std::move(address));
  sessions_.insert(session);
  return session;
}

void Links::DialLater(Neighbour& neighbour) {
  if (stopping_) return;
  const LinkSettings& settings = node_.config.link;
  // Doubles with every failure up to the maximum; half of it is left to chance, so that servers
  // which lost each other at once do not dial at once for ever. Counted from when the last try
  // began: one that got no answer has waited already, and a way that is whole again is to be found
  // soon. But never at once: the neighbour's own dial may be about to come through.
  constexpr unsigned kDoublingsMax = 20;
  const auto delay = std::min<std::chrono::microseconds>(
      settings.retry_delay_max,
      settings.retry_delay_min * (1U << std::min(neighbour.failures, kDoublingsMax)));
  ++neighbour.failures;
  std::uniform_int_distribution<std::int64_t> jitter(delay.count() / 2, delay.count());
  const flood::Instant at = neighbour.tried + std::chrono::microseconds(jitter(random_));
  neighbour.retry_timer.expires_at(std::max(at, SteadyNow() + settings.retry_delay_min / 2));
  neighbour.retry_timer.async_wait([this, &neighbour](boost::system::error_code error) {
    if (!error && !stopping_ && neighbour.up == nullptr && neighbour.dialled == nullptr)
      Dial(neighbour);
  });
}

void Links::Dial(Neighbour& neighbour) {
  const Endpoint& endpoint = *neighbour.entry.peers;
  neighbour.dialing = true;
  neighbour.tried = SteadyNow();
  neighbour.dialer.Dial(endpoint.host, endpoint.port, node_.config.link.dial_timeout,
                        [this, &neighbour](std::expected<net::Socket, std::string> socket) {
                          neighbour.dialing = false;
                          const std::string address = ToString(*neighbour.entry.peers);
                          if (!socket) {
                            LogProblem(neighbour, "cannot reach " + neighbour.entry.name + " at " +
                                                      address + ": " + socket.error());
                            return DialLater(neighbour);
                          }
                          const auto session =
                              Add(*std::move(socket), neighbour.entry.name, address);
                          neighbour.dialled = session.get();
                          session->Open();
                        });
}

void Links::Neighbour::AddEnded(const PeerSession& session) {
  if (session.link() != nullptr) ended += session.link()->counters();
  ended_bytes_in += session.bytes_in();
  ended_bytes_out += session.bytes_out();
}

std::vector<LinkStatus> Links::Status(flood::Instant now) const {
  std::vector<LinkStatus> status;
  for (const auto& neighbour : neighbours_) status.push_back(StatusOf(*neighbour, now));
  return status;
}

LinkStatus Links::StatusOf(const Neighbour& neighbour, flood::Instant now) const {
  LinkStatus status{.neighbour = neighbour.entry.name,
                    .address = ToString(*neighbour.entry.peers),
                    .why = neighbour.why_down,
                    .age = now - neighbour.changed,
                    .times_up = neighbour.times_up,
                    .counters = neighbour.ended,
                    .bytes_in = neighbour.ended_bytes_in,
                    .bytes_out = neighbour.ended_bytes_out};
  if (neighbour.up != nullptr) {
    status.state = LinkStatus::State::kUp;
    status.bytes_in += neighbour.up->bytes_in();
    status.bytes_out += neighbour.up->bytes_out();
    if (const flood::Link* link = neighbour.up->link()) {
      status.counters += link->counters();
      status.lag_rows = link->lag();
      status.round_trip = link->round_trip();
      status.clock_ahead = link->agreement().clock_ahead();
      for (const flood::SettingDifference& setting : link->agreement().settings_differ())
        status.settings_differ.push_back(setting.name);
    }
  } else if (IsGreeting(neighbour)) {
    status.state = LinkStatus::State::kGreeting;
  } else if (neighbour.dialing) {
    status.state = LinkStatus::State::kDialing;
  }
  return status;
}

// By our dial or by its own.
bool Links::IsGreeting(const Neighbour& neighbour) const {
  return neighbour.dialled != nullptr || std::ranges::any_of(sessions_, [&](const auto& session) {
           return session->handshake().peer() == neighbour.entry.name &&
                  session->handshake().state() == flood::Handshake::State::kProving;
         });
}

// The first failure in a row is ordinary: the neighbour may just be starting, or be dialling us.
void Links::LogProblem(Neighbour& neighbour, const std::string& problem) {
  neighbour.why_down = problem;
  const bool news = neighbour.failures > 0 && neighbour.last_problem != problem;
  node_.log->log(news ? spdlog::level::warn : spdlog::level::debug, "{}", problem);
  if (news) neighbour.last_problem = problem;
}

}  // namespace herd::server
