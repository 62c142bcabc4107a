#include "places/api_key.h"

#include <algorithm>
#include <cstdlib>

#include "base/private_file.h"

#include "places/escapes.h"

namespace herd::places {
namespace {

bool IsKeyCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// A key, with white space round it that editors and shells may leave.
constexpr std::size_t kFileBytesMax = ApiKey::kCharactersMax + 64;

}  // namespace

std::expected<ApiKey, std::string> ApiKey::Make(std::string_view characters) {
  if (characters.empty()) return std::unexpected("the key is empty");
  if (characters.size() > kCharactersMax) {
    return std::unexpected("the key is longer than " + std::to_string(kCharactersMax) +
                           " characters");
  }
  if (!std::ranges::all_of(characters, IsKeyCharacter)) {
    return std::unexpected("the key has other characters than A-Z a-z 0-9 - . _ ~");
  }
  return ApiKey(characters);
}

bool ApiKey::IsIn(std::string_view text) const {
  if (text.find(characters_) != std::string_view::npos) return true;
  if (text.find_first_of("%\\&") == std::string_view::npos) return false;
  return ResolveEscapes(text).find(characters_) != std::string::npos;
}

std::string ApiKey::Scrub(std::string_view text) const {
  std::string scrubbed;
  for (std::size_t at = text.find(characters_); at != std::string_view::npos;
       at = text.find(characters_)) {
    scrubbed.append(text.substr(0, at)).append("[key]");
    text.remove_prefix(at + characters_.size());
  }
  return scrubbed.append(text);
}

std::expected<ApiKey, std::string> LoadApiKey(const std::filesystem::path& file,
                                              const std::string& variable) {
  const auto from = [](std::string_view where, std::string_view text) {
    auto key = ApiKey::Make(Trimmed(text));
    if (!key) key = std::unexpected(std::string(where) + ": " + key.error());
    return key;
  };
  if (!file.empty()) {
    const auto text = base::ReadPrivateFile(file, kFileBytesMax);
    if (!text) return std::unexpected(text.error());
    return from(file.string(), *text);
  }
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr)
    return std::unexpected("Google's places need a key: set the environment variable " + variable +
                           ", or name a file in places.google.key_file");
  return from("the environment variable " + variable, value);
}

}  // namespace herd::places
