#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/buffers.h"
#include "net/idle_list.h"
#include "net/loop.h"
#include "net/poller.h"

namespace herd::net {

// Why a connection ended, for whoever logs or counts it.
enum class CloseReason {
  kFinished,   // both sides have said all
  kGone,       // the peer broke it off
  kIdle,       // nothing moved for too long
  kDropped,    // Close was called
  kNoCommand,  // it did not say in time what it wants
  kMadeRoom,   // so did another, and it had not
  kGreedy,     // it held the most when all connections held too much
};

inline constexpr std::size_t kCloseReasons = 7;

// One TCP connection on one loop: reads, hands the bytes to the session that derives from it, and
// writes what the session answers, in one write as long as the peer keeps up.
//
// Memory is bounded: nothing is read while `output_bytes_max` or more wait for the peer to read, or
// while the session wants no input; so what is kept unread by the session is less than one read
// (Loop::kReadBytes) and what the session leaves of a line. Bytes pass the socket in three private
// functions only: there TLS has its place.
//
// Everything happens on the loop's thread. From Start to Close the loop keeps the object alive.
// Close may be called from within any of the session's functions; after it nothing of the
// connection touches the socket, whose number may be another thread's by then.
class Connection : public Poller::Watcher, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, Socket socket, std::size_t output_bytes_max, IdleList* idle_list);
  ~Connection() override;

  // Begins to read. Once, after the object is held by a shared_ptr.
  void Start();

  // Reads what has come, answers it, writes all answers, then closes. For the end of the server.
  void Finish();

  // Closes at once; what is not written is lost.
  void Close(CloseReason reason = CloseReason::kDropped);

  // One of the reasons that HoldsBeforeWrite counted is gone. After the last one writes what was
  // held back, and goes on.
  void Release();

  // In place of Release: what is held back must not go out. What is owed before it (OwedBytes)
  // still does, once nothing else holds it; then the connection is closed.
  void Refuse();

  // Closes, and frees what it holds though it may live on. For Buffers.
  void LetGo();

  bool closed() const { return closed_; }
  // Whether the peer waits for us: answers are still to be made, or may not go out yet.
  bool Owes() const { return Busy() || held(); }
  Loop& loop() { return loop_; }

 protected:
  // Takes bytes off the front of `input` and appends answers to `out`; returns how many bytes it
  // took. It should stop when HasRoom(out) is false; it is called again with the rest when there is
  // room, or after Resume. At `end`, `input` is the last that the peer sends.
  virtual std::size_t OnInput(std::string_view input, bool end, std::string& out) = 0;

  // Whether answers are still to come by Resume; the connection stays open for them.
  virtual bool Busy() const { return false; }

  // Whether to read on. False stops reading until the next Resume.
  virtual bool WantsInput() const { return true; }

  // Asked before bytes go out: how many calls of Release they, and all that follows, are to wait
  // for. Nothing is read meanwhile, and who is to call Release keeps the object alive.
  virtual unsigned HoldsBeforeWrite() { return 0; }

  // Asked of bytes that are held back: how many at their front go out even if the rest is refused.
  virtual std::size_t OwedBytes(const std::string& out) { return out.size(); }

  // Refuse was called: of what the session has not handed over yet, it drops all from the first
  // byte on that is refused; all of it when `took_back`: some that had been handed over was
  // refused.
  virtual void OnRefused(bool /*took_back*/) {}

  // All output has been handed to the system: the session may append more to `out`. Called again as
  // long as it does and the system takes it, a few times a turn of the loop.
  virtual void OnDrained(std::string& /*out*/) {}

  // Counts what the connection holds; null: nobody does.
  virtual Buffers* buffers() { return nullptr; }

  // What the session itself keeps for it, in bytes; OnLetGo: it is to free that.
  virtual std::size_t HeldBySession() const { return 0; }
  virtual void OnLetGo() {}

  // Called once.
  virtual void OnClosed(CloseReason /*reason*/) {}

  // Whether the answers in `out` and those waiting are below the bound.
  bool HasRoom(const std::string& out) const {
    return WaitingOutput() + out.size() < output_bytes_max_;
  }

  // Writes `out`, and goes on with input that was not taken. For answers that come later than
  // OnInput.
  void Resume(const std::string& out);

  // Writes what there is and what Busy tells is still to come, reads no more, and closes.
  void CloseAfterWrite() {
    close_after_write_ = true;
    yielded_ = false;
  }

  // Within OnInput: the session has done enough for one turn. It is called again with the rest once
  // others have had theirs; nothing is read meanwhile.
  void Yield() { yielded_ = true; }

  // The session has proved itself: from now on the IdleList after the one of the start counts.
  void Established();

 private:
  Loop& loop_;
  IdleList* idle_list_;  // may be null
  IdleHook idle_hook_{*this};
  const std::size_t output_bytes_max_;
  std::string input_;   // came; the first input_taken_ bytes are taken
  std::string output_;  // waits to be written; the first output_written_ bytes are gone
  std::size_t output_written_ = 0;
  std::unique_ptr<Timer> linger_timer_;
  std::unique_ptr<HeldBytes> held_bytes_;  // null while it holds next to nothing
  std::size_t lingered_bytes_ = 0;
  int socket_;                        // -1: closed
  unsigned holds_ = 0;                // the output waits for so many calls of Release
  std::uint32_t refusable_from_ = 0;  // of output_, while held: what Refuse takes back
  std::uint32_t input_taken_ = 0;
  std::uint32_t awaited_ = 0;           // the events of the socket that the poller tells
  bool input_ended_ : 1 = false;        // the peer has half-closed
  bool finishing_ : 1 = false;          // Finish was called
  bool close_after_write_ : 1 = false;  // CloseAfterWrite was called
  bool lingering_ : 1 = false;          // our side is closed; waiting for the peer's
  bool closed_ : 1 = false;
  bool yielded_ : 1 = false;  // Yield was called, and the next turn has not begun
  bool queued_ : 1 = false;   // it waits for its next turn

  bool held() const { return holds_ > 0; }
  std::size_t WaitingOutput() const { return output_.size() - output_written_; }
  // The system takes no more of it for now.
  bool IsFull() const { return WaitingOutput() > 0 && !held(); }
  bool TakesInput() const;
  std::uint32_t Wanted() const;
  void Touch();

  // Runs one step. An exception, which no step means to let go but which a library or a lack of
  // memory may bring, is reported to the loop and costs this connection and no other.
  template <typename Step>
  void Guard(Step step);

  void OnReady(std::uint32_t events) override;
  void Serve(std::uint32_t events);
  void OnTurn() override;
  void OnReadable();
  void OnWritable();
  void Work(std::string_view fresh);
  bool Answer(std::string& out);
  void FreeInput();
  void Write(const std::string& out, bool later = false);
  void WriteWaiting();
  void GoOn();
  void CountHeld();
  std::size_t HeldBySystem(const Buffers& counter) const;
  void Await(std::uint32_t events);
  void Linger();
  void Discard();

  bool Quiet() const;

  // The socket of a connection that is not closed.
  int descriptor() const;

  // The three functions that touch the socket's bytes. The first two return how many they moved, or
  // set `error` to the system's; to read none without an error is the end.
  std::size_t ReadSome(std::span<char> buffer, int& error) const;
  std::size_t WriteSome(std::string_view bytes, int& error) const;
  void EndWriting() const;
  // What the system holds of it is freed when it is closed, and not sent.
  void ResetOnClose() const;
};

}  // namespace herd::net
