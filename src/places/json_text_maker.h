#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace herd::places {

// For tests: makes JSON texts of every shape out of a list of choices, so that RapidCheck can
// invent and shrink them. When the choices are used up, the simplest are made.
class JsonTextMaker {
 public:
  explicit JsonTextMaker(std::vector<std::uint8_t> choices) : choices_(std::move(choices)) {}

  std::string Space() {
    constexpr std::string_view kSpaces[] = {"", " ", "\n", "\t", "\r\n   ", "  \n\n"};
    return std::string(kSpaces[Choose(std::size(kSpaces))]);
  }

  // What a careless cutter takes for structure, a careless printer changes.
  std::string String() {
    constexpr std::string_view kStrings[] = {R"("")",
                                             R"("a")",
                                             R"("]")",
                                             R"("}")",
                                             R"("[{,:")",
                                             R"("\"")",
                                             R"("\\")",
                                             R"("\\\"],")",
                                             R"("\u0041\ud83d\ude00")",
                                             R"("é東🐑")",
                                             R"("\/\b\f\n\r\t")",
                                             R"("status")",
                                             R"("results")"};
    return std::string(kStrings[Choose(std::size(kStrings))]);
  }

  std::string Number() {
    constexpr std::string_view kNumbers[] = {"0",   "-0",    "1.50", "-33.8587323",
                                             "1e5", "2E-07", "12345"};
    return std::string(kNumbers[Choose(std::size(kNumbers))]);
  }

  std::string Value(int depth) {
    constexpr std::string_view kLiterals[] = {"null", "true", "false"};
    switch (Choose(depth > 0 ? 5 : 3)) {
      case 0:
        return Number();
      case 1:
        return String();
      case 2:
        return std::string(kLiterals[Choose(std::size(kLiterals))]);
      case 3:
        return List('[', ']', [&] { return Value(depth - 1); });
      default:
        return Object(depth - 1);
    }
  }

  std::string Object(int depth) {
    return List('{', '}', [&] { return String() + Space() + ":" + Space() + Value(depth); });
  }

  std::size_t Choose(std::size_t below) {
    if (next_ >= choices_.size()) return 0;
    return choices_[next_++] % below;
  }

 private:
  template <typename Make>
  std::string List(char open, char close, Make make) {
    std::string text = open + Space();
    const std::size_t count = Choose(4);
    for (std::size_t i = 0; i < count; ++i) {
      text += (i > 0 ? "," + Space() : "") + make() + Space();
    }
    return text + close;
  }

  std::vector<std::uint8_t> choices_;
  std::size_t next_ = 0;
};

}  // namespace herd::places
