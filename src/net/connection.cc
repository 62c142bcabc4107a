#include "net/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <utility>

namespace herd::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// How long, and for how much, a connection that we have closed on our side waits for the peer to
// close too. Closed at once with bytes unread, the system would reset it and the peer might never
// see our last answer.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytesMax = 64 * 1024 * 1024;

bool WouldBlock(const error_code& error) {
  return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

}  // namespace

Connection::Connection(Loop& loop, Socket socket, std::size_t output_bytes_max, IdleList* idle_list)
    : loop_(loop),
      socket_(std::move(socket)),
      idle_list_(idle_list),
      output_bytes_max_(output_bytes_max) {
  error_code ignored;  // fails only on a socket that is dead already, which the first read shows
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
}

void Connection::Start() {
  Touch();
  WaitForMore();
}

void Connection::Finish() {
  if (closed_ || finishing_) return;
  // What came before now is still answered.
  if (!input_ended_ && !close_after_write_) OnReadable();
  if (closed_) return;
  finishing_ = true;
  WaitForMore();
}

void Connection::Close(CloseReason reason) {
  if (closed_) return;
  closed_ = true;
  idle_hook_.unlink();
  if (linger_timer_) linger_timer_->cancel();
  error_code ignored;  // the descriptor is released whatever close says
  socket_.close(ignored);
  OnClosed(reason);
}

void Connection::Touch() {
  if (idle_list_ != nullptr && !lingering_) idle_list_->Touch(idle_hook_);
}

void Connection::OnReadable() {
  error_code error;
  const std::span<char> buffer = loop_.read_buffer();
  const std::size_t size = ReadSome(buffer, error);
  if (WouldBlock(error)) return WaitForMore();
  if (error == boost::asio::error::eof) {
    input_ended_ = true;
  } else if (error) {
    return Close(CloseReason::kGone);
  }
  Touch();
  Work({buffer.data(), size});
}

void Connection::OnWritable() {
  WriteWaiting();
  if (closed_) return;
  Touch();
  if (WaitingOutput() > 0) return WaitForMore();
  Work({});
}

void Connection::Resume(const std::string& out) {
  if (closed_) return;
  Write(out);
  if (!closed_) Work({});
}

void Connection::Release() {
  if (--holds_ == 0 && !closed_) OnWritable();
}

// Lets the session take what has come, and writes what it answers, for as long as both go on.
void Connection::Work(std::string_view fresh) {
  std::string out = loop_.TakeBuffer();
  if (!fresh.empty() && !input_.empty()) {
    input_ += fresh;
    fresh = {};
  }
  bool more = true;
  while (more && !closed_) {
    const bool kept = fresh.empty();
    const std::string_view input = kept ? std::string_view(input_) : fresh;
    std::size_t taken = 0;
    if (!close_after_write_ && !lingering_ && !held() && HasRoom(out))
      taken = OnInput(input, input_ended_, out);
    const bool left = taken < input.size();
    KeepInput(input, taken);
    fresh = {};
    more = Answer(out) && left && taken > 0;
  }
  loop_.GiveBuffer(std::move(out));
  if (!closed_) WaitForMore();
}

// Writes `out`, then what the session adds once all is written. False while output waits.
bool Connection::Answer(std::string& out) {
  do {
    Write(out);
    out.clear();
    if (closed_ || WaitingOutput() > 0) return false;
    if (!close_after_write_) OnDrained(out);
  } while (!out.empty());
  return true;
}

// Keeps what the session did not take of `input`, which is input_ itself or fresh bytes.
void Connection::KeepInput(std::string_view input, std::size_t taken) {
  if (input.data() == input_.data()) {
    input_.erase(0, taken);
  } else {
    input_.assign(input.substr(taken));
  }
  if (input_.empty()) std::string().swap(input_);
}

void Connection::Write(const std::string& out) {
  if (out.empty()) return;
  if (!held()) holds_ = HoldsBeforeWrite();
  if (held() || WaitingOutput() > 0) {
    output_ += out;
    return;
  }
  error_code error;
  const std::size_t written = WriteSome(out, error);
  if (error && !WouldBlock(error)) return Close(CloseReason::kGone);
  if (written < out.size()) output_.assign(out, written);
}

void Connection::WriteWaiting() {
  if (held() || WaitingOutput() == 0) return;
  error_code error;
  output_written_ += WriteSome(std::string_view(output_).substr(output_written_), error);
  if (error && !WouldBlock(error)) return Close(CloseReason::kGone);
  if (WaitingOutput() == 0) {
    std::string().swap(output_);
    output_written_ = 0;
  }
}

// Decides what happens next, now that all is done that can be done.
void Connection::WaitForMore() {
  if (lingering_) return WaitToRead();
  if (held()) return;
  if (WaitingOutput() > 0) WaitToWrite();
  const bool no_more_input = finishing_ || input_ended_ || close_after_write_;
  if (no_more_input) {
    if (WaitingOutput() == 0 && (close_after_write_ || !Busy())) Linger();
    return;
  }
  if (WantsInput() && WaitingOutput() < output_bytes_max_) WaitToRead();
}

void Connection::WaitToRead() {
  if (reading_) return;
  reading_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
    self->reading_ = false;
    if (self->closed_ || error) return;
    if (self->lingering_) {
      self->Discard();
    } else if (!self->finishing_) {
      self->OnReadable();
    }
  });
}

void Connection::WaitToWrite() {
  if (writing_) return;
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
    self->writing_ = false;
    if (!self->closed_ && !error) self->OnWritable();
  });
}

void Connection::Linger() {
  if (input_ended_ || (finishing_ && Quiet())) return Close(CloseReason::kFinished);
  lingering_ = true;
  EndWriting();
  linger_timer_ = std::make_unique<Timer>(loop_.context(), kLingerTime);
  linger_timer_->async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->Close(CloseReason::kFinished);
  });
  WaitToRead();
}

void Connection::Discard() {
  error_code error;
  lingered_bytes_ += ReadSome(loop_.read_buffer(), error);
  if ((error && !WouldBlock(error)) || lingered_bytes_ > kLingerBytesMax)
    return Close(CloseReason::kFinished);
  WaitToRead();
}

std::size_t Connection::ReadSome(std::span<char> buffer, error_code& error) {
  return socket_.read_some(boost::asio::buffer(buffer.data(), buffer.size()), error);
}

std::size_t Connection::WriteSome(std::string_view bytes, error_code& error) {
  return socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
}

// Whether nothing is on its way: nothing came that is unread, and the peer's system has
// acknowledged all that was written. An error counts as not quiet.
bool Connection::Quiet() {
  int unread = 0;
  int unacknowledged = 0;
  return ioctl(socket_.native_handle(), SIOCINQ, &unread) == 0 && unread == 0 &&
         ioctl(socket_.native_handle(), SIOCOUTQ, &unacknowledged) == 0 && unacknowledged == 0;
}

void Connection::EndWriting() {
  error_code ignored;  // a peer that is gone already needs no word of it
  socket_.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace herd::net
