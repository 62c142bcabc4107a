#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "fleet/fleet.h"
#include "net/loop.h"
#include "server/near.h"

namespace herd::server {

// Finds the clients near points on a thread of its own, one question after the other: a search may
// look at a million rows, and no loop with clients on it should wait for that. The thread rests
// four times as long as it works (Pace), so that where processors are scarce it is the askers who
// wait.
//
// Questions whose askers have gone are dropped. How many others wait is for the caller to bound;
// the admin address has a bounded number of connections, and each asks one question at a time.
class NearFinder {
 public:
  // `took` is how long the search itself took, with its rests.
  using Done = std::function<void(const fleet::NearAnswer&, std::chrono::nanoseconds took)>;

  // `loop` is told of answers and, like `fleet`, outlives the finder.
  NearFinder(net::Loop& loop, const fleet::Fleet& fleet, const fleet::NearBudget& budget);

  // Ends the search that is under way; those who wait get no answer.
  ~NearFinder();
  NearFinder(const NearFinder&) = delete;
  NearFinder& operator=(const NearFinder&) = delete;

  // Calls `done` on the loop's thread, unless it is `abandoned` before its turn. Any thread.
  void Find(const NearRequest& request, std::stop_token abandoned, Done done);

 private:
  struct Question {
    NearRequest request;
    std::stop_token abandoned;
    Done done;
  };

  net::Loop& loop_;
  const fleet::Fleet& fleet_;
  const fleet::NearBudget budget_;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::deque<Question> questions_;
  std::jthread thread_;  // the last member: it uses the others

  void Run(const std::stop_token& stop);
  void Answer(Question question, const std::stop_token& stop, fleet::NearBudget budget);
};

}  // namespace herd::server
