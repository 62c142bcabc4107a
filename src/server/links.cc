#include "server/links.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "flood/settle.h"
#include "net/admission.h"
#include "net/listener.h"
#include "server/clock.h"
#include "server/compared_settings.h"

namespace herd::server {
namespace {

// After more links in a row that stood for less than link.silence_ms, the neighbour is accepted
// only after a delay that grows.
constexpr unsigned kShortLivesFree = 3;

constexpr unsigned kDoublingsMax = 20;

// `count` doublings of link.retry_delay_ms_min, up to link.retry_delay_ms_max.
std::chrono::microseconds DelayAfter(const LinkSettings& settings, unsigned count) {
  return std::min<std::chrono::microseconds>(
      settings.retry_delay_max, settings.retry_delay_min * (1U << std::min(count, kDoublingsMax)));
}

// How long a link that stands has to answer when another connection comes in its name: less than
// that one waits for us.
std::chrono::milliseconds AnswerTime(const LinkSettings& settings) {
  return std::min(settings.heartbeat, settings.dial_timeout / 2);
}

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
  MakeRoom(net::AddressKey(address.address()));
  Add(std::move(socket), "", address)->Open();
}

void Links::MakeRoom(std::uint64_t address) {
  const std::vector<PeerSession*> sessions = Strangers();
  std::vector<Stranger> strangers;
  for (const PeerSession* session : sessions) {
    auto standing = Stranger::Standing::kSilent;
    if (session->over()) {
      standing = Stranger::Standing::kOver;
    } else if (session->proved()) {
      standing = Stranger::Standing::kProved;
    } else if (session->handshake().state() == flood::Handshake::State::kProving) {
      standing = Stranger::Standing::kGreeted;
    }
    strangers.push_back(
        {.address = session->remote(), .standing = standing, .heard = session->heard()});
  }
  const LinkSettings& settings = node_.config.link;
  const auto loser =
      WhoMakesRoom(strangers, address, NeighboursAddresses(),
                   {.others = settings.strangers, .per_address = settings.strangers_per_address});
  if (!loser) return;
  ++strangers_displaced_;
  // Closing may drop the last reference.
  const auto session = sessions[*loser]->shared_from_this();
  sessions[*loser]->Drop("others have yet to prove that they are neighbours, too");
}

std::vector<PeerSession*> Links::Strangers() const {
  std::vector<PeerSession*> strangers;
  for (const auto& session : sessions_) {
    if (session->handshake().role() == flood::Handshake::Role::kAcceptor &&
        session->link() == nullptr)
      strangers.push_back(session.get());
  }
  return strangers;
}

// Where neighbours are by their names, and where they came from.
std::set<std::uint64_t> Links::NeighboursAddresses() const {
  std::set<std::uint64_t> addresses;
  for (const auto& neighbour : neighbours_) {
    boost::system::error_code error;  // it is a name
    const auto literal = boost::asio::ip::make_address(neighbour->entry.peers->host, error);
    if (!error) addresses.insert(net::AddressKey(literal));
    for (const auto& address : neighbour->dialer.resolved())
      addresses.insert(net::AddressKey(address));
    if (neighbour->proved_from) addresses.insert(*neighbour->proved_from);
  }
  return addresses;
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
    neighbour->newcomer_timer.cancel();
    neighbour->dialer.Cancel();
  }
  for (const auto& session : sessions) session->SayBye();
}

Verdict Links::Judge(PeerSession& session) {
  Neighbour& neighbour = Find(session.handshake().peer());
  neighbour.proved_from = session.remote();
  if (neighbour.up != nullptr || neighbour.newcomer != nullptr) return Compete(neighbour, session);
  if (SteadyNow() < neighbour.accept_after) {
    return {.what = Verdict::What::kRefuse,
            .reason = "the links before did not stand for long: wait a little"};
  }
  auto own_dial = neighbour.dialing ? flood::OwnDial::kDialing : flood::OwnDial::kNone;
  if (neighbour.dialled != nullptr) {
    const bool greeted =
        neighbour.dialled->handshake().state() == flood::Handshake::State::kProving;
    own_dial = greeted ? flood::OwnDial::kGreeted : flood::OwnDial::kDialing;
  }
  if (!flood::AcceptsDialOf(neighbour.entry.name, identity_.name, own_dial)) {
    return {.what = Verdict::What::kRefuse,
            .reason = "both ends dialled and the other connection stays"};
  }
  DropOwnDial(neighbour);
  return {.what = Verdict::What::kAccept};
}

// A neighbour dials when it holds no connection: the one that we hold is dead, or is another
// process of that name, or the neighbour is broken. The one that we hold says which, by answering.
Verdict Links::Compete(Neighbour& neighbour, PeerSession& session) {
  if (neighbour.newcomer != nullptr) {
    return {.what = Verdict::What::kRefuse, .reason = "another connection in that name came first"};
  }
  neighbour.newcomer = &session;
  neighbour.newcomer_timer.expires_after(AnswerTime(node_.config.link));
  neighbour.newcomer_timer.async_wait([&neighbour](boost::system::error_code error) {
    if (!error && neighbour.newcomer != nullptr && neighbour.up != nullptr)
      neighbour.up->Drop("it does not answer, and a newer connection takes its place");
  });
  neighbour.up->AskForLife();
  return {.what = Verdict::What::kWait};
}

void Links::OnAlive(PeerSession& session) {
  for (const auto& neighbour : neighbours_) {
    if (neighbour->up == &session && neighbour->newcomer != nullptr) RefuseNewcomer(*neighbour);
  }
}

void Links::RefuseNewcomer(Neighbour& neighbour) {
  PeerSession& newcomer = *std::exchange(neighbour.newcomer, nullptr);
  neighbour.newcomer_timer.cancel();
  ++neighbour.rivals;
  const bool same = newcomer.handshake().peer_run() == neighbour.run;
  neighbour.rivals_log.Log(
      *node_.log, SteadyNow(),
      same ? "refused another link of " + newcomer.Who() + ": the one that stands answers"
           : "refused another process in the name of " + newcomer.Who() + ": " +
                 neighbour.up->Who() +
                 " is linked and answers. Two servers run with one name: end one of them");
  newcomer.Decide({.what = Verdict::What::kRefuse,
                   .reason = same ? "a link of this process stands already and answers"
                                  : "another process of that name is linked already and answers: "
                                    "two servers run with one name"});
}

// The link that stood before is gone.
void Links::TakeNewcomer(Neighbour& neighbour) {
  neighbour.newcomer_timer.cancel();
  // Not from within the other's end.
  boost::asio::post(loop_.context(), [this, &neighbour] {
    PeerSession* const newcomer = std::exchange(neighbour.newcomer, nullptr);
    if (newcomer != nullptr && !stopping_) newcomer->Decide(Judge(*newcomer));
  });
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
  neighbour.up = &session;
  ++up_count_;
  neighbour.last_problem.clear();
  neighbour.why_down.clear();
  neighbour.changed = SteadyNow();
  ++neighbour.times_up;
  node_.log->log(
      neighbour.short_lives > kShortLivesFree ? spdlog::level::debug : spdlog::level::info,
      "link to {} is up", session.Who());
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
  flood::Agreement::Expected expected{.settings = ComparedSettings(node_.config, identity_.secret),
                                      .clock_difference = settings.clock_difference,
                                      .warn_of_settings = warning(neighbour.settings_log),
                                      .warn_of_clock = warning(neighbour.clock_log)};
  if (settings.compare_interval > std::chrono::seconds::zero())
    expected.clock_difference_max = settings.compare_interval;
  return expected;
}

void Links::OnOver(PeerSession& session, std::string_view why) {
  for (const auto& neighbour : neighbours_) {
    if (neighbour->up == &session) return OnLinkOver(*neighbour, session, why);
    if (neighbour->newcomer == &session) {
      neighbour->newcomer = nullptr;
      neighbour->newcomer_timer.cancel();
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

void Links::OnLinkOver(Neighbour& neighbour, PeerSession& session, std::string_view why) {
  neighbour.up = nullptr;
  neighbour.acknowledged = session.link()->acknowledged();
  --up_count_;
  topology_.Down(neighbour.entry.name);
  WakeFlood();
  neighbour.AddEnded(session);
  neighbour.why_down = why;
  CountLife(neighbour);
  neighbour.changed = SteadyNow();
  neighbour.tried = neighbour.changed;
  const std::string message = "link to " + session.Who() + " is down: " + std::string(why);
  if (stopping_) {
    node_.log->debug("{}", message);
  } else if (neighbour.short_lives > kShortLivesFree) {
    neighbour.short_lives_log.Log(*node_.log, neighbour.changed, message);
  } else {
    node_.log->warn("{}", message);
  }
  DialLater(neighbour);
  if (neighbour.newcomer != nullptr) TakeNewcomer(neighbour);
}

// Only a link that has stood for a while was a good one. After several that have not, neither our
// dials nor the neighbour's lead to the next one at once.
void Links::CountLife(Neighbour& neighbour) {
  const LinkSettings& settings = node_.config.link;
  const flood::Instant now = SteadyNow();
  if (now - neighbour.changed >= settings.silence_max) {
    neighbour.short_lives = 0;
    neighbour.failures = 0;
    return;
  }
  ++neighbour.short_lives;
  if (neighbour.short_lives > kShortLivesFree)
    neighbour.accept_after = now + DelayAfter(settings, neighbour.short_lives - kShortLivesFree);
}

void Links::OnPeerClosed(PeerSession& session) {
  std::erase_if(sessions_, [&](const auto& held) { return held.get() == &session; });
}

Links::Neighbour& Links::Find(std::string_view name) {
  // The handshake lets only neighbours through.
  return **std::ranges::find_if(
      neighbours_, [&](const auto& neighbour) { return neighbour->entry.name == name; });
}

std::shared_ptr<PeerSession> Links::Add(net::Socket socket, std::string peer,
                                        const boost::asio::ip::tcp::endpoint& remote) {
  std::string address = peer.empty() ? net::ToString(remote) : ToString(*Find(peer).entry.peers);
  auto session = std::make_shared<PeerSession>(
      loop_, std::move(socket), node_, identity_, topology_, *this, std::move(peer),
      std::move(address), net::AddressKey(remote.address()));
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
  const auto delay = DelayAfter(settings, neighbour.failures);
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
                          boost::system::error_code gone;  // the first read shows it
                          const auto remote = socket->remote_endpoint(gone);
                          const auto session =
                              Add(*std::move(socket), neighbour.entry.name, remote);
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
                    .rivals = neighbour.rivals,
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
