#include "flood/message.h"

#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace herd::flood {
namespace {

// Splits `text` at single spaces into exactly as many fields as there are places, none of them
// empty.
bool SplitFields(std::string_view text, std::span<std::string_view> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = i + 1 < fields.size() ? text.find(' ') : text.size();
    if (end == std::string_view::npos || end == 0) return false;
    fields[i] = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return fields.back().find(' ') == std::string_view::npos;
}

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Message ParseHello(std::string_view text) {
  std::array<std::string_view, 5> fields;
  if (!SplitFields(text, fields)) return Unknown{};
  return Hello{.version = fields[0],
               .herd = fields[1],
               .from = fields[2],
               .to = fields[3],
               .nonce = fields[4]};
}

template <typename Numbered>
Message ParseNumbered(std::string_view text) {
  const std::optional<std::uint64_t> number = ParseNumber(text);
  return number ? Message{Numbered{*number}} : Message{Unknown{}};
}

template <typename... Parts>
void AppendLine(std::string& out, const Parts&... parts) {
  (out.append(parts), ...);
  out += '\n';
}

}  // namespace

Message ParseMessage(std::string_view line) {
  if (line.starts_with("AT ")) {
    const std::optional<wire::At> at = wire::ParseAt(line);
    return at ? Message{*at} : Message{Unknown{}};
  }
  if (line == "BYE") return Bye{};
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return Unknown{};
  const std::string_view word = line.substr(0, space);
  const std::string_view rest = line.substr(space + 1);
  if (word == "PING") return ParseNumbered<Ping>(rest);
  if (word == "PONG") return ParseNumbered<Pong>(rest);
  if (word == "HERD") return ParseHello(rest);
  if (word == "PROOF") return Proof{rest};
  if (word == "REFUSED") return Refused{rest};
  return Unknown{};
}

void Append(std::string& out, const Hello& hello) {
  AppendLine(out, "HERD ", hello.version, " ", hello.herd, " ", hello.from, " ", hello.to, " ",
             hello.nonce);
}

void Append(std::string& out, const Proof& proof) {
  AppendLine(out, "PROOF ", proof.mac);
}

void Append(std::string& out, const Refused& refused) {
  AppendLine(out, "REFUSED ", refused.reason);
}

void Append(std::string& out, Ping ping) {
  AppendLine(out, "PING ", std::to_string(ping.number));
}

void Append(std::string& out, Pong pong) {
  AppendLine(out, "PONG ", std::to_string(pong.number));
}

void Append(std::string& out, Bye /*bye*/) {
  AppendLine(out, "BYE");
}

void AppendAtLine(std::string& out, std::string_view at_line) {
  AppendLine(out, at_line);
}

}  // namespace herd::flood
