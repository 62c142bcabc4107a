#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "load/dialect.h"

namespace herd::load {

// Finds the replies in what comes over one connection, in pieces of any size, and tells good ones
// from refusals. Holds no bytes of them but those of a short line that has not ended. It believes
// what it reads: this is a measuring instrument, not a client.
class ReplyReader {
 public:
  explicit ReplyReader(Dialect dialect) : dialect_(dialect) {}

  // `next()` tells what the command of the reply that is being read asked for; `done(good)` takes
  // note of the reply's end, and the next is being read. False: a reply came that nothing asked
  // for (`next` returned nothing), or one that is none.
  template <typename Next, typename Done>
  bool Read(std::string_view bytes, Next&& next, Done&& done) {
    while (!bytes.empty()) {
      if (skip_ > 0) {
        const std::size_t skipped = std::min(skip_, bytes.size());
        skip_ -= skipped;
        bytes.remove_prefix(skipped);
        if (skip_ == 0 && awaited_ == 0) Finish(done);
        continue;
      }
      const void* end = std::memchr(bytes.data(), '\n', bytes.size());
      const std::size_t length =
          end == nullptr ? bytes.size()
                         : static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data());
      Keep(bytes.substr(0, length));
      if (end == nullptr) return true;
      bytes.remove_prefix(length + 1);
      const auto ask = next();
      if (!ask) return false;
      const bool ended = Ends(*ask);
      line_bytes_ = 0;
      if (broken_) return false;
      if (ended) Finish(done);
    }
    return true;
  }

 private:
  // Enough for the first line of any RESP value, for an HTTP header's length, and to tell AT from
  // ?.
  static constexpr std::size_t kHeadBytes = 32;

  const Dialect dialect_;
  bool good_ = true;
  bool broken_ = false;
  char head_[kHeadBytes] = {};  // what the line starts with
  std::size_t line_bytes_ = 0;  // of the line so far
  std::uint64_t lines_ = 0;     // Herd, HTTP: of this reply, before the present one
  std::uint64_t awaited_ = 1;   // values until this reply is whole: several for Redis
  std::size_t skip_ = 0;        // bytes of a string or a body that are being passed over
  std::size_t body_bytes_ = 0;  // HTTP: of this reply, as its header says

  void Keep(std::string_view part) {
    if (line_bytes_ < kHeadBytes) {
      std::memcpy(head_ + line_bytes_, part.data(),
                  std::min(part.size(), kHeadBytes - line_bytes_));
    }
    line_bytes_ += part.size();
  }

  template <typename Done>
  void Finish(Done& done) {
    done(good_);
    good_ = true;
    lines_ = 0;
    awaited_ = 1;
    body_bytes_ = 0;
  }

  // All are called at the end of each line, and say whether it is that of the reply.
  bool Ends(Ask ask);
  bool EndsHerdReply(Ask ask);
  bool EndsRedisReply();
  bool EndsHttpReply();
};

}  // namespace herd::load
