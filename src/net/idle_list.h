#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>

#include "net/loop.h"

namespace herd::net {

class Connection;

// A connection's place in an IdleList.
struct IdleHook
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  explicit IdleHook(Connection& owner) : connection(owner) {}

  Connection& connection;
  std::chrono::steady_clock::time_point last_active;
};

// The connections of one loop in the order of their last activity; closes those on which nothing
// has moved for `timeout`. One timer for all, since a timer for each would cost more than the
// connection. On the loop's thread. Outlives its connections.
class IdleList {
 public:
  // A `timeout` of zero closes none.
  IdleList(Loop& loop, std::chrono::seconds timeout);

  // Of connections that have yet to prove themselves: these have `timeout` from their start,
  // whatever they send, until Connection::Established moves them to `next`.
  IdleList(Loop& loop, std::chrono::seconds timeout, IdleList& next);

  // Moves the connection to the young end.
  void Touch(IdleHook& hook);

  // Closes, of the 64 oldest, the first that `may_go` allows, for a new one to have its place.
  // False when there is none.
  bool MakeRoom(const std::function<bool(Connection&)>& may_go);

  IdleList* next() const { return next_; }

  // Calls Connection::Finish on each, and on those that have proved themselves.
  void FinishAll();

 private:
  using List = boost::intrusive::list<IdleHook, boost::intrusive::constant_time_size<false>>;

  const std::chrono::seconds timeout_;
  IdleList* const next_ = nullptr;
  Timer timer_;
  bool waiting_ = false;
  List list_;

  void Renew(IdleHook& hook);
  void WaitForOldest();
  void CloseIdle();
};

}  // namespace herd::net
