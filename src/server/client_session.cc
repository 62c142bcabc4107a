#include "server/client_session.h"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "geo/lat_lng_e7.h"
#include "net/lines.h"
#include "net/listener.h"
#include "server/clock.h"
#include "server/whatsat_reply.h"
#include "wire/at.h"
#include "wire/http_line.h"

namespace herd::server {
namespace {

// How much of a line that is too long is sent back.
constexpr std::size_t kTooLongEchoBytes = 256;

// How much is done for a client before others have their turn, so that one who sends many commands
// at once makes nobody wait who sends few. A report or a line that is none costs 1, some
// microsecond; a look-up as much as several.
constexpr unsigned kTurnCost = 128;
constexpr unsigned kWhatsatCost = 16;

constexpr double kMetresPerKm = 1000;

places::Query QueryOf(const wire::Whatsat& whatsat, const geo::LatLngE7& center) {
  return {.center = geo::ToLatLng(center),
          .radius = {whatsat.radius_km * kMetresPerKm},
          .results_max = whatsat.results_max};
}

// The first line of a web page's request, whose commands would stand in the body.
bool IsFromBrowser(const ReadAhead::Line& line) {
  return std::holds_alternative<wire::Invalid>(line.command) && wire::IsHttpRequestLine(line.text);
}

}  // namespace

ClientSession::ClientSession(net::Loop& loop, net::Socket socket, net::IdleList& newcomers,
                             net::Buffers& buffers, net::Admission::Ticket ticket,
                             const boost::asio::ip::tcp::endpoint& peer, Node& node, Links& links,
                             LoopStats& stats)
    : Connection(loop, std::move(socket), node.config.limits.output_bytes, &newcomers),
      node_(node),
      links_(links),
      stats_(stats),
      buffers_(buffers),
      ticket_(std::move(ticket)),
      peer_(node.traffic ? std::make_unique<const std::string>(net::ToString(peer)) : nullptr) {}

bool ClientSession::WantsInput() const {
  return replies_ == nullptr || (replies_->expected() < node_.config.limits.outstanding_commands &&
                                 replies_->bytes() < node_.config.limits.output_bytes);
}

unsigned ClientSession::HoldsBeforeWrite() {
  unsigned holds = 0;
  // Also for a report that did not win: the one that did may not be safe yet. Before the flood, so
  // that the disk is at work meanwhile.
  if (!acknowledges_.empty()) {
    node_.durability->Hold(*this, std::exchange(acknowledges_, {}));
    ++holds;
  } else {
    acknowledges_from_ = kNoAcknowledgement;  // it is safe already
  }
  if (std::exchange(changed_, false) && !links_.FloodBefore(*this)) ++holds;
  return holds;
}

std::size_t ClientSession::OwedBytes(const std::string& out) {
  return std::min<std::size_t>(std::exchange(acknowledges_from_, kNoAcknowledgement), out.size());
}

void ClientSession::OnRefused(bool took_back) {
  if (!replies_) return;
  // The reply to a look-up, first where an acknowledgement is missing, would look like it.
  if (!took_back) replies_->DropAcknowledgements();
  if (took_back || replies_->empty()) replies_.reset();
}

void ClientSession::OnClosed(net::CloseReason reason) {
  stats_.sessions_closed[static_cast<std::size_t>(reason)].Add();
  // It never sent a command, so nothing of it is under way; whoever comes needs its place at once.
  if (reason == net::CloseReason::kMadeRoom) ticket_.Leave();
}

bool ClientSession::CanTake(const std::string& out) const {
  return HasRoom(out) && WantsInput();
}

std::size_t ClientSession::OnInput(std::string_view input, bool end, std::string& out) {
  std::size_t taken = 0;
  unsigned cost = 0;
  while (taken < input.size() && CanTake(out)) {
    const ReadAhead ahead(input.substr(taken), end, node_.config.limits.line_bytes, node_.fleet);
    // All of these have been received; to ask the clock for each would cost as much as to parse it.
    const wire::UnixNanos received = Now();
    for (const ReadAhead::Line& line : ahead.lines()) {
      if (!CanTake(out)) return taken;
      if (first_line_ && !std::holds_alternative<wire::Blank>(line.command)) {
        first_line_ = false;
        if (IsFromBrowser(line)) {
          stats_.http_requests.Add();
          Close();
          return input.size();
        }
        Established();
      }
      Take(line.text, line.command, line.client, received, out);
      taken += line.consumed;
      cost += std::holds_alternative<wire::Whatsat>(line.command) ? kWhatsatCost : 1;
      if (cost >= kTurnCost && taken < input.size()) {
        Yield();
        return taken;
      }
    }
    const std::string_view rest = input.substr(taken);
    switch (ahead.end()) {
      case net::LineScan::Kind::kLine:
        break;
      case net::LineScan::Kind::kPartial:
        return taken;
      case net::LineScan::Kind::kTooLong:
        if (!CanTake(out)) return taken;
        TakeTooLong(rest, out);
        return input.size();
    }
  }
  return taken;
}

void ClientSession::Take(std::string_view line, const wire::Command& command,
                         fleet::ClientHash client, wire::UnixNanos received, std::string& out) {
  if (node_.traffic) node_.traffic->In("client", *peer_, line);
  if (const auto* iamat = std::get_if<wire::Iamat>(&command)) {
    stats_.iamat.Add();
    Take(*iamat, line, client, received, out);
  } else if (const auto* whatsat = std::get_if<wire::Whatsat>(&command)) {
    stats_.whatsat.Add();
    Take(*whatsat, line, out);
  } else if (std::holds_alternative<wire::Invalid>(command)) {
    stats_.invalid.Add();
    Refuse(line, out);
  }
}

void ClientSession::Take(const wire::Iamat& iamat, std::string_view line, fleet::ClientHash client,
                         wire::UnixNanos received, std::string& out) {
  // Straight into what goes out, unless it has to wait there, or to be logged.
  std::string apart;
  std::string& reply = replies_ || node_.traffic ? apart : out;
  const std::size_t begin = reply.size();
  const fleet::Applied outcome = node_.fleet.Report(client, received, [&](wire::UnixNanos receipt) {
    reply.resize(begin);
    return wire::AppendAt(reply, iamat, node_.name, receipt);
  });
  stats_.reports[IndexOf(outcome)].Add();
  if (outcome == fleet::Applied::kFull) {
    reply.resize(begin);
    return Refuse(line, out);
  }
  if (outcome == fleet::Applied::kStored) changed_ = true;
  reply += '\n';
  if (node_.durability) {
    acknowledges_.push_back(client);
    if (!replies_ && acknowledges_from_ == kNoAcknowledgement)
      acknowledges_from_ = static_cast<std::uint32_t>(&reply == &apart ? out.size() : begin);
  }
  if (&reply == &apart) Reply(apart, out, true);
}

void ClientSession::Take(const wire::Whatsat& whatsat, std::string_view line, std::string& out) {
  std::string at_line;
  places::Query query;
  const bool known = node_.fleet.Find(whatsat.client, [&](const fleet::Row& row) {
    row.AppendAtLine(at_line);
    query = QueryOf(whatsat, row.position());
  });
  if (!known) return Refuse(line, out);
  if (whatsat.radius_km == 0 || whatsat.results_max == 0) {
    std::string reply;
    AppendWhatsatReply(reply, at_line, places::EmptyAnswer(places::Status::kZeroResults).json);
    return Reply(reply, out);
  }
  query.asker = {.address = ticket_.address(),
                 .client = std::to_underlying(HashClient(node_.fleet.key(), whatsat.client))};
  AskPlaces(query, std::move(at_line), out);
}

void ClientSession::TakeTooLong(std::string_view input, std::string& out) {
  stats_.invalid.Add();
  Refuse(input.substr(0, std::min(kTooLongEchoBytes, node_.config.limits.line_bytes)), out);
  CloseAfterWrite();
}

void ClientSession::Refuse(std::string_view line, std::string& out) {
  std::string reply = "? ";
  reply += line;
  reply += '\n';
  Reply(reply, out);
}

void ClientSession::AskPlaces(const places::Query& query, std::string at_line, std::string& out) {
  if (!replies_) replies_ = std::make_unique<Replies>();
  const ReplyId id = replies_->Expect();
  asking_ = id;
  // The callback keeps the session alive until it is called.
  auto self = std::static_pointer_cast<ClientSession>(shared_from_this());
  node_.places->Nearby(query, [self = std::move(self), id, at_line = std::move(at_line),
                               asked = SteadyNow()](places::Answer answer) mutable {
    const std::chrono::nanoseconds took = SteadyNow() - asked;
    self->LogWhenSlow(took, answer);
    if (self->loop().OnThisThread() && self->asking_ == id) {
      self->MakeReply(id, at_line, answer, took);
      return;
    }
    net::Loop& loop = self->loop();
    boost::asio::post(loop.context(), [self = std::move(self), id, at_line = std::move(at_line),
                                       answer = std::move(answer), took] {
      self->MakeReply(id, at_line, answer, took);
      std::string ready;
      self->TakeReplies(ready);
      self->Resume(ready);
    });
  });
  asking_.reset();
  TakeReplies(out);
}

void ClientSession::MakeReply(ReplyId id, std::string_view at_line, const places::Answer& answer,
                              std::chrono::nanoseconds took) {
  stats_.lookups[IndexOf(answer.status)].Add();
  stats_.lookup_times.Record(took);
  std::string reply;
  AppendWhatsatReply(reply, at_line, answer.json);
  if (!replies_) return;  // it was dropped meanwhile
  LogReply(reply);
  replies_->Make(id, std::move(reply));
}

void ClientSession::TakeReplies(std::string& out) {
  if (!replies_) return;  // they were refused meanwhile
  const std::size_t from = replies_->TakeReady(out);
  if (from < acknowledges_from_) acknowledges_from_ = static_cast<std::uint32_t>(from);
  if (replies_->empty()) replies_.reset();
}

void ClientSession::Reply(std::string_view reply, std::string& out, bool acknowledges) {
  LogReply(reply);
  if (replies_) {
    replies_->Add(reply, acknowledges);
  } else {
    out += reply;
  }
}

void ClientSession::LogReply(std::string_view reply) {
  if (node_.traffic) node_.traffic->Out("client", *peer_, reply);
}

void ClientSession::LogWhenSlow(std::chrono::nanoseconds took, const places::Answer& answer) const {
  if (took < node_.config.places.slow) return;
  node_.slow_look_ups.Log(
      *node_.log, SteadyNow(),
      fmt::format("a place look-up took {} ms and ended with {}",
                  std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
                  places::StatusWord(answer.status)));
}

}  // namespace herd::server
