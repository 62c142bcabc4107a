#include "net/idle_list.h"

#include <memory>
#include <vector>

#include "net/connection.h"

namespace herd::net {

IdleList::IdleList(Loop& loop, std::chrono::seconds timeout)
    : timeout_(timeout), timer_(loop.context()) {}

IdleList::IdleList(Loop& loop, std::chrono::seconds timeout, IdleList& next)
    : timeout_(timeout), next_(&next), timer_(loop.context()) {}

void IdleList::Touch(IdleHook& hook) {
  if (next_ == nullptr || !hook.is_linked()) Renew(hook);
}

bool IdleList::MakeRoom(const std::function<bool(Connection&)>& may_go) {
  constexpr int kLookedAtMax = 64;
  int looked_at = 0;
  for (IdleHook& hook : list_) {
    if (++looked_at > kLookedAtMax) return false;
    if (!may_go(hook.connection)) continue;
    // Closing may drop the last reference.
    const std::shared_ptr<Connection> alive = hook.connection.shared_from_this();
    alive->Close(CloseReason::kMadeRoom);
    return true;
  }
  return false;
}

void IdleList::Renew(IdleHook& hook) {
  hook.last_active = std::chrono::steady_clock::now();
  hook.unlink();
  list_.push_back(hook);
  WaitForOldest();
}

void IdleList::FinishAll() {
  std::vector<std::shared_ptr<Connection>> connections;
  for (IdleHook& hook : list_) connections.push_back(hook.connection.shared_from_this());
  for (const auto& connection : connections) connection->Finish();
  if (next_ != nullptr) next_->FinishAll();
}

void IdleList::WaitForOldest() {
  if (timeout_ == std::chrono::seconds::zero() || waiting_ || list_.empty()) return;
  waiting_ = true;
  timer_.expires_at(list_.front().last_active + timeout_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    waiting_ = false;
    CloseIdle();
    WaitForOldest();
  });
}

void IdleList::CloseIdle() {
  const auto now = std::chrono::steady_clock::now();
  while (!list_.empty() && list_.front().last_active + timeout_ <= now) {
    Connection& connection = list_.front().connection;
    // Closing may drop the last reference.
    const std::shared_ptr<Connection> alive = connection.shared_from_this();
    if (connection.Owes()) {
      Renew(list_.front());  // it is we who are slow
    } else {
      connection.Close(next_ == nullptr ? CloseReason::kIdle : CloseReason::kNoCommand);
    }
  }
}

}  // namespace herd::net
