#include "places/curl_transport.h"

#include <curl/curl.h>
#include <signal.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "places/curl_transfer.h"

namespace herd::places {
namespace {

using std::chrono::milliseconds;
using TimePoint = CurlTransfer::TimePoint;
using TransferPtr = std::unique_ptr<CurlTransfer>;

TimePoint Now() {
  return std::chrono::steady_clock::now();
}

// Signals are for the threads of whoever wants them; SIGPIPE, which OpenSSL's writes may raise,
// would end the process.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

// The thread, and what it shares with those who send: only the inbox and what its mutex guards.
class CurlTransport::Worker {
 public:
  Worker(Options options, CURLM* multi)
      : options_(std::move(options)), multi_(multi, &curl_multi_cleanup) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    Stop();
    if (thread_.joinable()) thread_.join();
  }

  // Has the thread cancel all that is under way, and end.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
  }

  void Start() {
    const SignalsBlocked blocked;  // the new thread inherits the mask
    thread_ = std::thread([this] { Run(); });
  }

  void Add(TransferPtr transfer) {
    if (const auto refusal = Take(transfer)) {
      transfer->Finish(std::unexpected(HttpFailure{*refusal, {}}));
      return;
    }
    curl_multi_wakeup(multi_.get());
  }

 private:
  // The longest that the thread sleeps when nothing is to be done.
  static constexpr milliseconds kSleepMax{1000};

  // Takes a transfer for the thread, or says why not. None once the thread is about to end: it
  // looks into the inbox no more then.
  std::optional<HttpFailure::Kind> Take(TransferPtr& transfer) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return HttpFailure::Kind::kCancelled;
    if (requests_ >= options_.requests_max) return HttpFailure::Kind::kTooMany;
    try {
      inbox_.push_back(nullptr);
    } catch (const std::bad_alloc&) {
      return HttpFailure::Kind::kOther;
    }
    ++requests_;
    inbox_.back() = std::move(transfer);
    return std::nullopt;
  }

  void Run() {
    while (TakeInbox()) {
      try {
        RunOnce();
      } catch (const std::exception&) {
        // No memory. It has cost one transfer, whose end has told who waits for it.
        Recount();
      }
    }
    CancelAll();
  }

  void RunOnce() {
    const milliseconds sleep = StartDue(Now());
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    if (!FinishEnded()) {
      curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(sleep.count()), nullptr);
    }
  }

  void Recount() {
    const std::lock_guard lock(mutex_);
    requests_ = inbox_.size() + waiting_.size() + active_.size();
  }

  // False when it is time to end.
  bool TakeInbox() {
    const std::lock_guard lock(mutex_);
    waiting_.splice(waiting_.end(), inbox_);
    return !stopping_;
  }

  // Starts what may start, ends what has waited too long; how long until the next is due.
  milliseconds StartDue(TimePoint now) {
    TimePoint next = now + kSleepMax;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      CurlTransfer& transfer = **at;
      const bool has_place = active_.size() < options_.transfers_max;
      if (now >= transfer.Deadline()) {
        TransferPtr ended = std::move(*at);
        at = waiting_.erase(at);
        Finish(std::move(ended), std::unexpected(HttpFailure{HttpFailure::Kind::kTimedOut, {}}));
      } else if (now >= transfer.NotBefore() && has_place) {
        TransferPtr started = std::move(*at);
        at = waiting_.erase(at);
        StartOne(std::move(started), now);
      } else {
        next = std::min(next,
                        now >= transfer.NotBefore() ? transfer.Deadline() : transfer.NotBefore());
        ++at;
      }
    }
    return std::chrono::ceil<milliseconds>(next - now);
  }

  void StartOne(TransferPtr transfer, TimePoint now) {
    CURL* handle = transfer->Prepare(options_.ca_file, options_.body_bytes_max, now);
    if (handle == nullptr || curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) {
      Finish(std::move(transfer), std::unexpected(HttpFailure{HttpFailure::Kind::kOther, {}}));
      return;
    }
    active_.emplace(handle, std::move(transfer));
  }

  // Whether any had ended.
  bool FinishEnded() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      any = true;
      const CURLcode code = message->data.result;
      TransferPtr transfer = Leave(message->easy_handle);
      HttpResult result = transfer->Result(code);
      Finish(std::move(transfer), std::move(result));
    }
    return any;
  }

  TransferPtr Leave(CURL* handle) {
    curl_multi_remove_handle(multi_.get(), handle);
    return std::move(active_.extract(handle).mapped());
  }

  void Finish(TransferPtr transfer, HttpResult result) {
    {
      const std::lock_guard lock(mutex_);
      --requests_;
    }
    transfer->Finish(std::move(result));
  }

  void CancelAll() {
    const auto cancel = [this](TransferPtr transfer) {
      Finish(std::move(transfer), std::unexpected(HttpFailure{HttpFailure::Kind::kCancelled, {}}));
    };
    while (!active_.empty()) cancel(Leave(active_.begin()->first));
    while (!waiting_.empty()) {
      cancel(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }

  const Options options_;
  const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;

  std::mutex mutex_;  // guards the three that follow; held for no call out
  std::list<TransferPtr> inbox_;
  std::size_t requests_ = 0;  // everywhere: in inbox_, waiting_ and active_
  bool stopping_ = false;

  // Of the thread alone.
  std::list<TransferPtr> waiting_;  // in the order in which they came
  std::map<CURL*, TransferPtr> active_;

  std::thread thread_;
};

CurlTransport::CurlTransport(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}

CurlTransport::~CurlTransport() = default;

std::expected<std::unique_ptr<CurlTransport>, std::string> CurlTransport::Make(Options options) {
  // libcurl wants this once for a process; it may be called from many threads since 7.84.
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) {
    return std::unexpected(std::string("libcurl does not start: ") + curl_easy_strerror(ready));
  }
  std::error_code error;
  if (!options.ca_file.empty() && !std::filesystem::is_regular_file(options.ca_file, error)) {
    return std::unexpected(options.ca_file.string() + ": there is no such file of certificates");
  }
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) return std::unexpected("libcurl has no memory");
  auto worker = std::make_unique<Worker>(std::move(options), multi);
  try {
    worker->Start();
  } catch (const std::system_error& failure) {
    return std::unexpected(std::string("no thread for Google's answers: ") + failure.what());
  }
  return std::unique_ptr<CurlTransport>(new CurlTransport(std::move(worker)));
}

void CurlTransport::Send(HttpRequest request, HttpTiming timing, Done done) {
  worker_->Add(std::make_unique<CurlTransfer>(std::move(request), timing, std::move(done), Now()));
}

void CurlTransport::Cancel() {
  worker_->Stop();
}

}  // namespace herd::places
