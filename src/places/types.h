#pragma once

#include <string>
#include <string_view>

namespace herd::places {

// A list of types as the index keeps it: separated by spaces, each once, in the order of their
// coming.
class TypeList {
 public:
  // Adds what `text` names, one or several separated by ; , or |. Each is turned into the form of
  // Google's types: lower case, with _ for what is neither letter nor digit.
  void Add(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  void AddOne(std::string_view type);

  std::string text_;
};

}  // namespace herd::places
