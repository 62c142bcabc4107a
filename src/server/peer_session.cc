#include "server/peer_session.h"

#include <chrono>
#include <limits>
#include <utility>

#include "net/lines.h"
#include "server/clock.h"
#include "server/secret.h"

namespace herd::server {
namespace {

constexpr std::size_t kNonceBytes = 32;

// So much of the flood is handed to the system at a time. What is not yet handed over stays in the
// fleet, where a newer report of the same client replaces it.
constexpr std::size_t kFloodBytes = 65'536;

// What waits to be read by a neighbour: one such flood, which follows only when all before it has
// been handed over, and the PINGs of some hours. So reading never stops because of it, and two
// servers that both have much to say do not wait for each other.
constexpr std::size_t kOutputBytesMax =
    kFloodBytes + flood::Link::kOvershootMax + flood::kMessageBytesMax;

std::string WhyClosed(net::CloseReason reason) {
  return reason == net::CloseReason::kGone ? "the connection broke" : "the connection was closed";
}

}  // namespace

PeerSession::PeerSession(net::Loop& loop, net::Socket socket, Node& node,
                         const flood::Identity& identity, flood::Topology& topology,
                         PeerOwner& owner, std::string peer, std::string address,
                         std::uint64_t remote)
    : Connection(loop, std::move(socket), kOutputBytesMax, nullptr),
      node_(node),
      topology_(topology),
      owner_(owner),
      address_(std::move(address)),
      remote_(remote),
      handshake_(identity,
                 peer.empty() ? flood::Handshake::Role::kAcceptor : flood::Handshake::Role::kDialer,
                 peer, RandomHex(kNonceBytes)),
      proved_(handshake_.role() == flood::Handshake::Role::kDialer),
      heard_(SteadyNow()),
      timer_(loop.context()) {}

void PeerSession::Open() {
  timer_.expires_after(node_.config.link.dial_timeout);
  timer_.async_wait([self = std::static_pointer_cast<PeerSession>(shared_from_this())](
                        boost::system::error_code error) {
    if (!error && !self->link_ && !self->closed()) self->Drop("did not prove itself in time");
  });
  std::string out;
  handshake_.Start(out);
  NoteOut(out);
  Start();
  Resume(out);
}

void PeerSession::Flood() {
  Resume({});
}

void PeerSession::SayBye() {
  ending_ = true;
  if (!link_) {
    SayOver("this server ends");
    CloseAfterWrite();
  }
  Resume({});
}

void PeerSession::Drop(std::string_view why) {
  SayOver(why);
  Close();
}

bool PeerSession::pending() const {
  return link_ && link_->pending(SteadyNow());
}

std::string PeerSession::Who() const {
  return handshake_.peer().empty() ? address_ : handshake_.peer() + " at " + address_;
}

std::size_t PeerSession::OnInput(std::string_view input, bool /*end*/, std::string& out) {
  const flood::Instant now = SteadyNow();
  if (!input.empty()) heard_ = now;
  std::size_t taken = 0;
  std::size_t fetched = 0;
  // Nothing that comes behind a refusal is looked at.
  while (taken < input.size() && !closed() && !over_ && WantsInput()) {
    if (link_ && taken >= fetched) fetched = taken + FetchAhead(input.substr(taken));
    const net::LineScan scan = net::NextLine(
        input.substr(taken), link_ ? flood::kMessageBytesMax : flood::kGreetingBytesMax);
    if (scan.kind == net::LineScan::Kind::kPartial) break;
    if (scan.kind == net::LineScan::Kind::kTooLong) {
      Drop("sent a line without end");
      break;
    }
    const std::size_t before = out.size();
    Receive(scan.line, now, out);
    NoteOut(std::string_view(out).substr(before));
    taken += scan.consumed;
  }
  bytes_in_ += taken;
  if (link_ && !over_ && asked_for_life_ && link_->answered() >= *asked_for_life_) {
    asked_for_life_.reset();
    owner_.OnAlive(*this);
  }
  return over_ ? input.size() : taken;
}

std::size_t PeerSession::FetchAhead(std::string_view input) const {
  std::array<fleet::ClientHash, fleet::Fleet::kPrefetched> clients;
  std::size_t count = 0;
  std::size_t end = 0;
  for (std::size_t line = 0; line < clients.size(); ++line) {
    const std::size_t line_end = input.find('\n', end);
    if (line_end == std::string_view::npos) break;
    const std::string_view client = flood::ClientOfAtLine(input.substr(end, line_end - end));
    if (!client.empty()) clients[count++] = fleet::HashClient(node_.fleet.key(), client);
    end = line_end + 1;
  }
  if (count > 1) node_.fleet.Prefetch({clients.data(), count});
  return end;
}

void PeerSession::Receive(std::string_view line, flood::Instant now, std::string& out) {
  if (node_.traffic) node_.traffic->In("peer", Who(), line);
  if (!link_) return ReceiveGreeting(line, out);
  const auto result = link_->Receive(line, now);
  if (!result) EndLink(result.error());
}

void PeerSession::ReceiveGreeting(std::string_view line, std::string& out) {
  using State = flood::Handshake::State;
  handshake_.Receive(line, out);
  if (handshake_.state() == State::kProved) {
    proved_ = true;
    return Settle(owner_.Judge(*this), out);
  }
  if (handshake_.state() == State::kOpen) {
    OpenLink(out);
  } else if (handshake_.state() == State::kRefused) {
    SayOver((handshake_.refused_by_peer() ? "it refuses us: " : "refused: ") + handshake_.reason());
    CloseAfterWrite();
  }
}

void PeerSession::Settle(const Verdict& verdict, std::string& out) {
  switch (verdict.what) {
    case Verdict::What::kAccept:
      handshake_.Accept(out);
      return OpenLink(out);
    case Verdict::What::kRefuse:
      handshake_.Refuse(verdict.reason, out);
      SayOver("refused: " + handshake_.reason());
      return CloseAfterWrite();
    case Verdict::What::kWait:
      return;
  }
}

void PeerSession::Decide(const Verdict& verdict) {
  if (closed() || over_) return;
  std::string out;
  Settle(verdict, out);
  NoteOut(out);
  Resume(out);
}

void PeerSession::AskForLife() {
  std::string out;
  asked_for_life_ = link_->Probe(SteadyNow(), out);
  NoteOut(out);
  Resume(out);
}

void PeerSession::OpenLink(std::string& out) {
  const flood::Link::Start start = owner_.OnOpen(*this);
  link_.emplace(node_.fleet, topology_, start, [this] { owner_.WakeFlood(); }, out);
  WaitForTick();
}

void PeerSession::EndLink(flood::Link::End end) {
  Drop(end == flood::Link::End::kBye ? "it said goodbye" : "it fell silent");
}

void PeerSession::WaitForTick() {
  timer_.expires_at(link_->next_tick());
  timer_.async_wait([self = std::static_pointer_cast<PeerSession>(shared_from_this())](
                        boost::system::error_code error) {
    if (error || self->closed()) return;
    std::string out;
    const auto result = self->link_->Tick(SteadyNow(), out);
    if (!result) return self->EndLink(result.error());
    self->NoteOut(out);
    self->Resume(out);
    if (!self->closed()) self->WaitForTick();
  });
}

void PeerSession::OnDrained(std::string& out) {
  if (!link_ || closed()) return;
  link_->Flood(SteadyNow(), out, kFloodBytes);
  if (ending_ && !link_->has_live()) {
    flood::Link::SayBye(out);
    SayOver("this server ends");
    CloseAfterWrite();
  }
  NoteOut(out);
}

void PeerSession::OnClosed(net::CloseReason reason) {
  timer_.cancel();
  SayOver(WhyClosed(reason));
  owner_.OnPeerClosed(*this);
}

void PeerSession::SayOver(std::string_view why) {
  if (!std::exchange(over_, true)) owner_.OnOver(*this, why);
}

void PeerSession::NoteOut(std::string_view bytes) {
  bytes_out_ += bytes.size();
  if (node_.traffic && !bytes.empty()) node_.traffic->Out("peer", Who(), bytes);
}

}  // namespace herd::server
