#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace herd::server {

// Which of a session's replies an answer belongs to.
enum class ReplyId : std::uint64_t {};

// The replies of one session that cannot go out yet because an earlier one is still being made: a
// later quick answer must not overtake an earlier slow one.
class Replies {
 public:
  static constexpr std::size_t kNone = std::string::npos;

  // A reply that will be made later.
  ReplyId Expect();

  // A reply that is ready; waits behind those that are not. `acknowledges`: it tells that a report
  // is safe, which may be refused.
  void Add(std::string_view reply, bool acknowledges = false);

  // The expected reply is ready. Ignored when it is not expected any more.
  void Make(ReplyId id, std::string reply);

  // Moves what may go out to `out`. Where the first acknowledgement among it begins in `out`;
  // kNone without one.
  std::size_t TakeReady(std::string& out);

  // Drops the first acknowledgement and all behind it.
  void DropAcknowledgements();

  bool empty() const { return replies_.empty(); }
  std::size_t expected() const { return expected_; }
  // Of those ready, waiting.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Reply {
    std::string text;
    bool ready = false;
    std::size_t acknowledges_from = kNone;  // where the first acknowledgement begins in `text`
  };

  std::deque<Reply> replies_;
  std::uint64_t first_id_ = 0;  // of replies_.front()
  std::size_t expected_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace herd::server
