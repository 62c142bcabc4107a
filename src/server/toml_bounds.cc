#include "server/toml_bounds.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace herd::server {
namespace {

constexpr unsigned kKeyPartsMax = 16;
constexpr unsigned kNestingMax = 16;

// Goes over a text as TOML's lexer does, as far as strings and comments need. A text that is no
// TOML may be seen otherwise than the parser sees it, but the parser stops at its first fault, and
// up to there both see the same.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<TomlFault> Run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        PassComment();
      } else if (c == '"' || c == '\'') {
        PassString(c);
      } else {
        if (auto fault = Count(c)) return fault;
        ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  // A bare character. What separates keys from each other begins the count of dots anew: a number
  // with a point has one.
  std::optional<TomlFault> Count(char c) {
    switch (c) {
      case '.':
        if (++dots_ < kKeyPartsMax) return std::nullopt;
        return Fault(fmt::format("a key of more than {} parts", kKeyPartsMax));
      case '[':
      case '{':
        dots_ = 0;
        if (++depth_ <= kNestingMax) return std::nullopt;
        return Fault(fmt::format("arrays or tables more than {} deep in each other", kNestingMax));
      case ']':
      case '}':
        dots_ = 0;
        if (depth_ > 0) --depth_;
        return std::nullopt;
      case '\n':
        ++line_;
        [[fallthrough]];
      case '=':
      case ',':
        dots_ = 0;
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  void PassComment() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  // `quote` is at at_. A string of one line ends with it, too, should its quote be missing.
  void PassString(char quote) {
    const std::string three(3, quote);
    const bool many_lines = text_.substr(at_).starts_with(three);
    at_ += many_lines ? three.size() : std::size_t{1};
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (many_lines ? text_.substr(at_).starts_with(three) : c == quote) {
        at_ += many_lines ? three.size() : std::size_t{1};
        // Two quotes may stand in front of the three that end it.
        while (many_lines && at_ < text_.size() && text_[at_] == quote) ++at_;
        return;
      }
      if (c == '\n') {
        if (!many_lines) return;
        ++line_;
      }
      const bool escapes = c == '\\' && quote == '"' && at_ + 1 < text_.size();
      at_ += escapes && text_[at_ + 1] != '\n' ? std::size_t{2} : std::size_t{1};
    }
  }

  std::optional<TomlFault> Fault(std::string text) const {
    return TomlFault{.line = line_, .text = std::move(text)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  unsigned dots_ = 0;
  unsigned depth_ = 0;
};

}  // namespace

std::optional<TomlFault> FindTooDeep(std::string_view text) {
  return Scanner(text).Run();
}

}  // namespace herd::server
