#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace herd::places {

// A key of Google's, which must not reach a log, an error message or a client: it has no operator<<
// and no implicit conversion, and whoever needs its characters has to write Reveal.
class ApiKey {
 public:
  // 1 to kCharactersMax of the characters that Google makes keys of: A-Z a-z 0-9 - . _ ~. They
  // stand in a URL and in a header as they are, so no key can change the meaning of either. The
  // error says what is wrong without the key.
  static std::expected<ApiKey, std::string> Make(std::string_view characters);

  static constexpr std::size_t kCharactersMax = 256;

  std::string_view Reveal() const { return characters_; }

  // Whether the key stands in `text`, as it is or with any of its characters escaped as in URLs,
  // JSON or HTML.
  bool IsIn(std::string_view text) const;

  // `text` with every occurrence of the key replaced by "[key]": for what others wrote.
  std::string Scrub(std::string_view text) const;

 private:
  explicit ApiKey(std::string_view characters) : characters_(characters) {}

  std::string characters_;
};

// Reads the key from `file`, or, where `file` is empty, from the environment variable `variable`.
// White space round the key is dropped: files end in a newline. The file must be private, as
// base::ReadPrivateFile has it. The error names the file or the variable and never quotes the key.
std::expected<ApiKey, std::string> LoadApiKey(const std::filesystem::path& file,
                                              const std::string& variable);

}  // namespace herd::places
