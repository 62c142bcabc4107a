#include "net/connection.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

namespace herd::net {
namespace {

// How long, and for how much, a connection that we have closed on our side waits for the peer to
// close too. Closed at once with bytes unread, the system would reset it and the peer might never
// see our last answer.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytesMax = 64 * 1024 * 1024;

// What a session says in so many pieces is written in one turn of the loop; the rest in the next,
// so that others have theirs, however fast the peer reads.
constexpr int kPiecesPerTurn = 4;

// Whether to wait for the socket's next event.
bool IsForLater(int error) {
  return error == EAGAIN || error == EINTR;
}

// Takes the descriptor out of Asio's hands.
int Detach(Socket socket) {
  return socket.release();
}

}  // namespace

Connection::Connection(Loop& loop, Socket socket, std::size_t output_bytes_max, IdleList* idle_list)
    : loop_(loop),
      idle_list_(idle_list),
      output_bytes_max_(output_bytes_max),
      socket_(Detach(std::move(socket))) {
  const int on = 1;  // fails only on a socket that is dead already, which the first read shows
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() {
  // Not linked: the Buffers has ended before, with its loop.
  if (held_bytes_ && held_bytes_->is_linked()) held_bytes_->buffers.Set(*held_bytes_, 0);
  if (!closed_) ::close(descriptor());
}

int Connection::descriptor() const {
  assert(socket_ >= 0);
  return socket_;
}

void Connection::Start() {
  if (closed_) return;
  Touch();
  awaited_ = EPOLLIN;
  if (loop_.poller().Add(descriptor(), awaited_, shared_from_this())) Close(CloseReason::kGone);
}

void Connection::Finish() {
  if (closed_ || finishing_) return;
  Guard([this] {
    // What came before now is still answered.
    if (!input_ended_ && !close_after_write_) OnReadable();
    if (closed_) return;
    finishing_ = true;
    GoOn();
  });
}

template <typename Step>
void Connection::Guard(Step step) {
  try {
    step();
  } catch (const std::exception& error) {
    loop_.Report(error);
    Close();
  }
}

void Connection::Close(CloseReason reason) {
  if (closed_) return;
  closed_ = true;
  idle_hook_.unlink();
  if (linger_timer_) linger_timer_->cancel();
  loop_.poller().Remove(descriptor());
  ::close(std::exchange(socket_, -1));
  OnClosed(reason);
}

void Connection::FreeInput() {
  std::string().swap(input_);
  input_taken_ = 0;
}

void Connection::LetGo() {
  if (!closed_) ResetOnClose();
  Close(CloseReason::kGreedy);
  FreeInput();
  std::string().swap(output_);
  output_written_ = 0;
  OnLetGo();
  CountHeld();
}

void Connection::Established() {
  if (idle_list_ == nullptr || idle_list_->next() == nullptr) return;
  idle_list_ = idle_list_->next();
  Touch();
}

void Connection::Touch() {
  if (idle_list_ != nullptr && !lingering_) idle_list_->Touch(idle_hook_);
}

void Connection::OnReady(std::uint32_t events) {
  Guard([&] { Serve(events); });
}

void Connection::Serve(std::uint32_t events) {
  const std::uint32_t wanted = Wanted();
  // Nobody will read what is sent, and nobody wants to read what came before.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (wanted & EPOLLIN) == 0)
    return Close(CloseReason::kGone);
  if ((events & wanted & EPOLLOUT) != 0) {
    OnWritable();
    // What has always something to write is read all the same.
    if (!closed_ && (events & Wanted() & EPOLLIN) != 0) lingering_ ? Discard() : OnReadable();
  } else if ((wanted & EPOLLIN) == 0) {
    Await(wanted);
  } else if (lingering_) {
    Discard();
  } else {
    OnReadable();
  }
}

void Connection::OnReadable() {
  int error = 0;
  const std::span<char> buffer = loop_.read_buffer();
  const std::size_t size = ReadSome(buffer, error);
  if (IsForLater(error)) return GoOn();
  if (error != 0) return Close(CloseReason::kGone);
  if (size == 0) input_ended_ = true;
  Touch();
  Work({buffer.data(), size});
}

void Connection::OnTurn() {
  queued_ = false;
  yielded_ = false;
  if (!closed_) Guard([this] { Work({}); });
}

void Connection::OnWritable() {
  WriteWaiting();
  if (closed_) return;
  Touch();
  if (WaitingOutput() > 0) return GoOn();
  Work({});
}

void Connection::Resume(const std::string& out) {
  if (closed_) return;
  Guard([&] {
    Write(out);
    if (!closed_) Work({});
  });
}

void Connection::Release() {
  if (--holds_ == 0 && !closed_) Guard([this] { OnWritable(); });
}

void Connection::Refuse() {
  if (!closed_) {
    const bool took_back = refusable_from_ < output_.size();
    if (took_back) output_.resize(refusable_from_);
    CloseAfterWrite();
    OnRefused(took_back);
  }
  Release();
}

// Lets the session take what has come, and writes what it answers, for as long as both go on.
void Connection::Work(std::string_view fresh) {
  std::string out = loop_.TakeBuffer();
  if (!fresh.empty() && !input_.empty()) {
    input_.erase(0, std::exchange(input_taken_, 0));
    input_ += fresh;
    fresh = {};
  }
  bool more = true;
  while (more && !closed_) {
    const bool wanted = WantsInput();
    const bool kept = fresh.empty();
    const std::string_view input = kept ? std::string_view(input_).substr(input_taken_) : fresh;
    std::size_t taken = 0;
    if (!close_after_write_ && !lingering_ && !yielded_ && !held() && HasRoom(out))
      taken = OnInput(input, input_ended_, out);
    const bool left = taken < input.size();
    if (kept) {
      input_taken_ += static_cast<std::uint32_t>(taken);
    } else {
      input_.assign(input.substr(taken));
    }
    if (!left) FreeInput();
    fresh = {};
    more = Answer(out) && left && !yielded_ && (taken > 0 || (!wanted && WantsInput()));
  }
  loop_.GiveBuffer(std::move(out));
  if (!closed_) GoOn();
}

// Writes `out`, then what the session adds once all is written. False while output waits.
bool Connection::Answer(std::string& out) {
  for (int piece = 0; piece < kPiecesPerTurn; ++piece) {
    Write(out);
    out.clear();
    if (closed_ || WaitingOutput() > 0) return false;
    if (!close_after_write_) OnDrained(out);
    if (out.empty()) return true;
  }
  Write(out, true);
  return false;
}

// With `later` not before the next turn.
void Connection::Write(const std::string& out, bool later) {
  if (out.empty() || closed_) return;
  if (!held()) {
    holds_ = HoldsBeforeWrite();
    refusable_from_ = static_cast<std::uint32_t>(output_.size());
  }
  if (closed_) return;
  if (held() && refusable_from_ == output_.size())
    refusable_from_ += static_cast<std::uint32_t>(OwedBytes(out));
  if (later || held() || WaitingOutput() > 0) {
    output_ += out;
    return;
  }
  int error = 0;
  const std::size_t written = WriteSome(out, error);
  if (error != 0 && !IsForLater(error)) return Close(CloseReason::kGone);
  if (written < out.size()) output_.assign(out, written);
}

void Connection::WriteWaiting() {
  if (held() || WaitingOutput() == 0) return;
  int error = 0;
  output_written_ += WriteSome(std::string_view(output_).substr(output_written_), error);
  if (error != 0 && !IsForLater(error)) return Close(CloseReason::kGone);
  if (WaitingOutput() == 0) {
    std::string().swap(output_);
    output_written_ = 0;
  }
}

// Whether more input is read as soon as it comes.
bool Connection::TakesInput() const {
  const bool no_more = finishing_ || input_ended_ || close_after_write_ || yielded_;
  return !no_more && WantsInput() && WaitingOutput() < output_bytes_max_;
}

// The events of the socket on which something is to be done.
std::uint32_t Connection::Wanted() const {
  if (lingering_) return EPOLLIN;
  if (held()) return 0;
  return (TakesInput() ? EPOLLIN : 0U) | (IsFull() ? EPOLLOUT : 0U);
}

// Decides what happens next, now that all is done that can be done.
void Connection::GoOn() {
  CountHeld();
  if (yielded_ && !queued_ && !held() && WaitingOutput() < output_bytes_max_) {
    queued_ = true;
    loop_.QueueTurn(shared_from_this());
  }
  const bool said_all = !held() && WaitingOutput() == 0 && !yielded_;
  const bool no_more_input = finishing_ || input_ended_;
  if (!lingering_ && said_all && (close_after_write_ || no_more_input) && !Busy()) return Linger();
  // Input that is not wanted is awaited on until some comes: mostly it is wanted again before.
  Await(Wanted() | (awaited_ & EPOLLIN));
}

void Connection::CountHeld() {
  // A short string keeps its bytes in itself.
  std::size_t bytes = (input_.empty() ? 0 : input_.capacity()) +
                      (output_.empty() ? 0 : output_.capacity()) + HeldBySession();
  if (IsFull()) {
    if (const Buffers* const counter = buffers()) bytes += HeldBySystem(*counter);
  }
  if (bytes < Buffers::kCountedMin) {
    if (!held_bytes_) return;
    held_bytes_->buffers.Set(*held_bytes_, 0);
    held_bytes_.reset();
    return;
  }
  if (!held_bytes_) {
    Buffers* const counter = buffers();
    if (counter == nullptr) return;
    held_bytes_ = std::make_unique<HeldBytes>(*this, *counter);
  }
  if (held_bytes_->bytes != bytes) held_bytes_->buffers.Set(*held_bytes_, bytes);
}

// Of one whose socket is full: what is to be sent and, once nothing is read any more, what has
// come.
std::size_t Connection::HeldBySystem(const Buffers& counter) const {
  const bool reads_on = WaitingOutput() < output_bytes_max_;
  return (reads_on ? 1 : 2) * counter.full_socket_bytes();
}

void Connection::Await(std::uint32_t events) {
  if (events == awaited_) return;
  awaited_ = events;
  loop_.poller().Change(descriptor(), events);
}

void Connection::Linger() {
  if (input_ended_ || (finishing_ && Quiet())) return Close(CloseReason::kFinished);
  lingering_ = true;
  EndWriting();
  linger_timer_ = std::make_unique<Timer>(loop_.context(), kLingerTime);
  linger_timer_->async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->Close(CloseReason::kFinished);
  });
  GoOn();
}

void Connection::Discard() {
  int error = 0;
  const std::size_t size = ReadSome(loop_.read_buffer(), error);
  if (IsForLater(error)) return;
  lingered_bytes_ += size;
  if (size == 0 || lingered_bytes_ > kLingerBytesMax) Close(CloseReason::kFinished);
}

std::size_t Connection::ReadSome(std::span<char> buffer, int& error) const {
  const ssize_t size = ::recv(descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0) error = errno;
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

std::size_t Connection::WriteSome(std::string_view bytes, int& error) const {
  const ssize_t size =
      ::send(descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size < 0) error = errno;
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

// Whether nothing is on its way: nothing came that is unread, and the peer's system has
// acknowledged all that was written. An error counts as not quiet.
bool Connection::Quiet() const {
  int unread = 0;
  int unacknowledged = 0;
  return ioctl(descriptor(), SIOCINQ, &unread) == 0 && unread == 0 &&
         ioctl(descriptor(), SIOCOUTQ, &unacknowledged) == 0 && unacknowledged == 0;
}

void Connection::ResetOnClose() const {
  constexpr linger kAtOnce{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce);
}

void Connection::EndWriting() const {
  ::shutdown(descriptor(), SHUT_WR);  // a peer that is gone already needs no word of it
}

}  // namespace herd::net
