#include "server/near_finder.h"

#include <boost/asio/post.hpp>
#include <ctime>
#include <functional>
#include <thread>
#include <utility>

#include "server/clock.h"

namespace herd::server {
namespace {

// Has its thread work for a moment, then rest for some: it takes a fifth of a processor at most,
// however many ask.
//
// Not by a lower priority: the thread would be stopped in the midst of its work, nearly always with
// a lock of the fleet, whenever a loop has something to do; and the loop would wait for the lock
// until all else on the machine had its turn (priority inversion). A thread that rests so much gets
// the processor as soon as it wants it, and goes without having been stopped.
class Pace {
 public:
  void operator()() {
    const std::chrono::nanoseconds worked = Worked() - rested_at_;
    if (worked < kWork) return;
    std::this_thread::sleep_for(kRestShare * worked);
    rested_at_ = Worked();
  }

 private:
  static constexpr std::chrono::nanoseconds kWork{250'000};  // well below a scheduler's slice
  static constexpr int kRestShare = 4;

  std::chrono::nanoseconds rested_at_ = Worked();

  // The processor's time that this thread has had.
  static std::chrono::nanoseconds Worked() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

}  // namespace

NearFinder::NearFinder(net::Loop& loop, const fleet::Fleet& fleet, const fleet::NearBudget& budget)
    : loop_(loop),
      fleet_(fleet),
      budget_(budget),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

NearFinder::~NearFinder() = default;

void NearFinder::Find(const NearRequest& request, std::stop_token abandoned, Done done) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(questions_,
                  [](const Question& asked) { return asked.abandoned.stop_requested(); });
    questions_.push_back({request, std::move(abandoned), std::move(done)});
  }
  asked_.notify_one();
}

void NearFinder::Run(const std::stop_token& stop) {
  Pace pace;
  fleet::NearBudget budget = budget_;
  budget.pause = std::ref(pace);
  while (true) {
    std::unique_lock lock(mutex_);
    if (!asked_.wait(lock, stop, [this] { return !questions_.empty(); })) return;
    Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    Answer(std::move(question), stop, budget);
    pace();
  }
}

void NearFinder::Answer(Question question, const std::stop_token& stop, fleet::NearBudget budget) {
  if (question.abandoned.stop_requested()) return;
  const flood::Instant start = SteadyNow();
  std::stop_source either;
  const auto end = [&either] { either.request_stop(); };
  const std::stop_callback at_the_end(stop, end);
  const std::stop_callback once_abandoned(question.abandoned, end);
  budget.stop = either.get_token();
  const NearRequest& request = question.request;
  auto answer = fleet_.Nearest(request.center, request.radius, request.max, budget);
  const std::chrono::nanoseconds took = SteadyNow() - start;
  boost::asio::post(loop_.context(), [done = std::move(question.done), answer = std::move(answer),
                                      took] { done(answer, took); });
}

}  // namespace herd::server
