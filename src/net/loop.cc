#include "net/loop.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace herd::net {
namespace {

// A buffer that has grown past this is not kept.
constexpr std::size_t kKeptBufferBytesMax = 1'048'576;

// Buffers in use at once are as many as connections that write within each other: a client's reply
// and, within it, the links that are flooded first.
constexpr std::size_t kKeptBuffersMax = 4;

// How long those who queue for a turn may keep all others waiting.
constexpr std::chrono::milliseconds kTurnsTime{1};

}  // namespace

void Loop::Run() {
  thread_ = std::this_thread::get_id();
  const auto keep_running = boost::asio::make_work_guard(context_);
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (const std::exception& error) {
      Report(error);
    }
  }
}

void Loop::Report(const std::exception& error) const noexcept {
  try {
    if (on_exception_) on_exception_(error);
  } catch (const std::exception&) {
    // To tell of it takes memory too. There is nothing left to do but go on.
    return;
  }
}

void Loop::QueueTurn(std::shared_ptr<Poller::Watcher> watcher) {
  turns_.push_back(std::move(watcher));
  if (turns_.size() == 1) boost::asio::post(context_, [this] { RunTurns(); });
}

void Loop::RunTurns() {
  const auto end = std::chrono::steady_clock::now() + kTurnsTime;
  do {
    // Stays in front meanwhile, so that who queues again does not post again.
    const std::shared_ptr<Poller::Watcher> watcher = turns_.front();
    watcher->OnTurn();
    turns_.pop_front();
  } while (!turns_.empty() && std::chrono::steady_clock::now() < end);
  if (!turns_.empty()) boost::asio::post(context_, [this] { RunTurns(); });
}

std::string Loop::TakeBuffer() {
  if (buffers_.empty()) return {};
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  buffer.clear();
  return buffer;
}

void Loop::GiveBuffer(std::string buffer) {
  if (buffers_.size() < kKeptBuffersMax && buffer.capacity() <= kKeptBufferBytesMax) {
    buffers_.push_back(std::move(buffer));
  }
}

}  // namespace herd::net
