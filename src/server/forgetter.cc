#include "server/forgetter.h"

#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "server/clock.h"
#include "wire/shown.h"

namespace herd::server {

namespace {

std::string BecameOf(const Forgotten& forgotten) {
  switch (forgotten.outcome) {
    case Forgotten::Outcome::kForgotten:
    case Forgotten::Outcome::kNotOnDisk:
      break;
    case Forgotten::Outcome::kNewer:
    case Forgotten::Outcome::kTooLate:
      return "not done, its time is too early or too late";
    case Forgotten::Outcome::kFull:
      return "not done, the fleet has no room for it";
  }
  return wire::Shown(forgotten.tombstone);
}

}  // namespace

struct Forgetter::Wait {
  Wait(net::Loop& loop, Forgotten what, Done then)
      : forgotten(std::move(what)), done(std::move(then)), timer(loop.context()) {}

  Forgotten forgotten;
  Done done;  // empty once called
  net::Timer timer;
};

Forgetter::Forgetter(net::Loop& loop, Node& node, Links& links)
    : loop_(loop), node_(node), links_(links) {}

void Forgetter::Forget(const ForgetRequest& request, Done done) {
  Forgotten forgotten = server::Forget(node_.fleet, node_.name, request, Now());
  const bool is_done = forgotten.outcome == Forgotten::Outcome::kForgotten;
  node_.log->info("{} asked to forget client {}: {}", request.asked_by, wire::Shown(request.client),
                  BecameOf(forgotten));
  if (!is_done) return done(forgotten);
  // Before the flood, so that the disk is at work meanwhile.
  const bool waits = node_.journal && node_.config.durability.ack == Acknowledge::kDisk;
  if (waits) WaitForDisk(forgotten, done);
  links_.Flood();
  if (!waits) done(forgotten);
}

void Forgetter::WaitForDisk(Forgotten forgotten, Done done) {
  const auto wait = std::make_shared<Wait>(loop_, std::move(forgotten), std::move(done));
  wait->timer.expires_after(node_.config.durability.timeout);
  wait->timer.async_wait([this, wait](boost::system::error_code error) {
    if (!error) Settle(*wait, false, "it took longer than durability.timeout_ms");
  });
  // From the journal's thread.
  node_.journal->WhenSynced([this, wait](bool durable) {
    boost::asio::post(loop_.context(),
                      [this, wait, durable] { Settle(*wait, durable, "the journal fails"); });
  });
}

void Forgetter::Settle(Wait& wait, bool on_disk, const char* why) {
  if (!wait.done) return;
  wait.timer.cancel();
  wait.forgotten.on_disk = on_disk;
  if (!on_disk && node_.config.durability.on_timeout == OnTimeout::kRefuse) {
    wait.forgotten.outcome = Forgotten::Outcome::kNotOnDisk;
    wait.forgotten.why = why;
  }
  std::exchange(wait.done, nullptr)(wait.forgotten);
}

}  // namespace herd::server
