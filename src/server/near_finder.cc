#include "server/near_finder.h"

#include <sys/resource.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "server/clock.h"

namespace herd::server {
namespace {

// Of setpriority(2), which on Linux is that of one thread: against a busy loop it gets about a
// tenth of a processor.
constexpr int kNice = 10;

}  // namespace

NearFinder::NearFinder(net::Loop& loop, const fleet::Fleet& fleet, const fleet::NearBudget& budget)
    : loop_(loop), fleet_(fleet), budget_(budget), thread_([this](const std::stop_token& stop) {
        ::setpriority(PRIO_PROCESS, 0, kNice);  // at worst it is as important as the others
        Run(stop);
      }) {}

NearFinder::~NearFinder() = default;

void NearFinder::Find(const NearRequest& request, Done done) {
  {
    const std::lock_guard lock(mutex_);
    questions_.push_back({request, std::move(done)});
  }
  asked_.notify_one();
}

void NearFinder::Run(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    if (!asked_.wait(lock, stop, [this] { return !questions_.empty(); })) return;
    Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    Answer(std::move(question), stop);
  }
}

void NearFinder::Answer(Question question, const std::stop_token& stop) {
  const flood::Instant start = SteadyNow();
  fleet::NearBudget budget = budget_;
  budget.stop = stop;
  const NearRequest& request = question.request;
  auto answer = fleet_.Nearest(request.center, request.radius, request.max, budget);
  const std::chrono::nanoseconds took = SteadyNow() - start;
  boost::asio::post(loop_.context(), [done = std::move(question.done), answer = std::move(answer),
                                      took] { done(answer, took); });
}

}  // namespace herd::server
