#include "flood/message.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "flood/hex.h"

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

template <typename Number = std::uint64_t>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Message ParseHello(std::string_view text) {
  // Only this version's form is known.
  const std::string_view version = text.substr(0, text.find(' '));
  if (version != kVersion) return version.empty() ? Message{Unknown{}} : Hello{.version = version};
  std::array<std::string_view, 6> fields;
  if (!SplitFields(text, fields)) return Unknown{};
  return Hello{.version = fields[0],
               .herd = fields[1],
               .from = fields[2],
               .to = fields[3],
               .nonce = fields[4],
               .run = fields[5]};
}

Message ParsePing(std::string_view text) {
  const auto number = ParseNumber(text);
  return number ? Message{Ping{*number}} : Message{Unknown{}};
}

Message ParsePong(std::string_view text) {
  std::array<std::string_view, 2> fields;
  if (!SplitFields(text, fields)) return Unknown{};
  const auto number = ParseNumber(fields[0]);
  const auto clock = ParseNumber<std::int64_t>(fields[1]);
  return number && clock ? Message{Pong{*number, {*clock}}} : Message{Unknown{}};
}

Message ParseSettings(std::string_view text) {
  Settings settings;
  while (true) {
    const std::size_t space = text.find(' ');
    const std::string_view setting = text.substr(0, space);
    const std::size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == setting.size() ||
        settings.settings.size() == Settings::kMax)
      return Unknown{};
    settings.settings.push_back({.name = std::string(setting.substr(0, equals)),
                                 .value = std::string(setting.substr(equals + 1))});
    if (space == std::string_view::npos) return settings;
    text.remove_prefix(space + 1);
  }
}

constexpr std::size_t kHashDigits = 16;
constexpr std::size_t kAnnouncedDigits = 2 * kHashDigits + kHashDigits / 2;
constexpr std::string_view kNone = "-";

// Takes a number below `end` and the space behind it from the front.
std::optional<std::size_t> TakeIndex(std::string_view& text, std::size_t end) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> number = ParseNumber(text.substr(0, space));
  text.remove_prefix(space + 1);
  if (!number || *number >= end) return std::nullopt;
  return number;
}

// Takes eight hexadecimal digits from the front.
std::optional<std::uint32_t> TakeHalfHash(std::string_view& text) {
  std::array<char, kHashDigits / 2> bytes;
  if (text.copy(bytes.data(), bytes.size()) < bytes.size()) return std::nullopt;
  const std::uint64_t digits = wire::Load8(bytes.data());
  text.remove_prefix(bytes.size());
  const std::uint32_t half = HexValueOf(digits);
  if (HexDigitsOf(half) != digits) return std::nullopt;
  return half;
}

// Takes sixteen.
std::optional<std::uint64_t> TakeHash(std::string_view& text) {
  const std::optional<std::uint32_t> high = TakeHalfHash(text);
  const std::optional<std::uint32_t> low = TakeHalfHash(text);
  if (!high || !low) return std::nullopt;
  return std::uint64_t{*high} << 32U | *low;
}

// Writes as many; returns their end.
char* WriteHalfHash(char* to, std::uint32_t half) {
  wire::Store8(to, HexDigitsOf(half));
  return to + kHashDigits / 2;
}

char* WriteHash(char* to, std::uint64_t hash) {
  to = WriteHalfHash(to, static_cast<std::uint32_t>(hash >> 32U));
  return WriteHalfHash(to, static_cast<std::uint32_t>(hash));
}

void AppendHash(std::string& out, std::uint64_t hash) {
  std::array<char, kHashDigits> digits;
  WriteHash(digits.data(), hash);
  out.append(digits.data(), digits.size());
}

Message ParseLinks(std::string_view text) {
  std::array<std::string_view, 4> fields;
  if (!SplitFields(text, fields) || !wire::IsServerId(fields[0])) return Unknown{};
  const std::optional<std::uint64_t> incarnation = ParseNumber(fields[1]);
  const std::optional<std::uint64_t> number = ParseNumber(fields[2]);
  if (!incarnation || !number) return Unknown{};
  LinksOf links{.server = fields[0], .version = {*incarnation, *number}, .neighbours = {}};
  std::string_view names = fields[3];
  if (names == kNone) return links;
  while (true) {
    const std::size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    if (!wire::IsServerId(name) || links.neighbours.size() == LinksOf::kNeighboursMax)
      return Unknown{};
    links.neighbours.push_back(name);
    if (comma == std::string_view::npos) return links;
    names.remove_prefix(comma + 1);
  }
}

Message ParseHave(std::string_view text) {
  if (text.empty() || text.size() % kAnnouncedDigits != 0) return Unknown{};
  Have have;
  have.rows.reserve(text.size() / kAnnouncedDigits);
  while (!text.empty()) {
    const auto client = TakeHash(text);
    const auto time = TakeHash(text);
    const auto row = TakeHalfHash(text);
    if (!client || !time || !row) return Unknown{};
    have.rows.push_back({.client = fleet::ClientHash{*client},
                         .effective_time = {static_cast<std::int64_t>(*time)},
                         .row = *row});
  }
  return have;
}

Message ParseNeed(std::string_view text) {
  if (text.empty() || text.size() % kHashDigits != 0) return Unknown{};
  Need need;
  need.clients.reserve(text.size() / kHashDigits);
  while (!text.empty()) {
    const auto client = TakeHash(text);
    if (!client) return Unknown{};
    need.clients.push_back(fleet::ClientHash{*client});
  }
  return need;
}

Message ParseLeaves(std::string_view text) {
  const auto range = TakeIndex(text, fleet::kRanges);
  return range ? Message{Leaves{*range, text}} : Message{Unknown{}};
}

Message ParseDiffer(std::string_view text) {
  const auto range = TakeIndex(text, fleet::kRanges);
  if (!range) return Unknown{};
  Differ differ{.range = *range, .leaves = {}};
  if (text == kNone) return differ;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::optional<std::uint64_t> leaf = ParseNumber(text.substr(0, comma));
    if (!leaf || *leaf >= fleet::kLeaves) return Unknown{};
    differ.leaves.set(*leaf);
    if (comma == std::string_view::npos) return differ;
    text.remove_prefix(comma + 1);
  }
}

// Leaf or Want.
template <typename Rows>
Message ParseRows(std::string_view text) {
  const auto range = TakeIndex(text, fleet::kRanges);
  if (!range) return Unknown{};
  const auto leaf = TakeIndex(text, fleet::kLeaves);
  if (!leaf || text.empty()) return Unknown{};
  Rows rows{.range = *range, .leaf = *leaf, .rows = {}};
  if (text == kNone) return rows;
  if (text.size() % kHashDigits != 0) return Unknown{};
  rows.rows.reserve(text.size() / kHashDigits);
  while (!text.empty()) {
    const auto hash = TakeHash(text);
    if (!hash) return Unknown{};
    rows.rows.push_back(fleet::RowHash{*hash});
  }
  return rows;
}

Message ParseCaughtUp(std::string_view text) {
  const std::optional<wire::At> at = wire::ParseAt(text);
  return at ? Message{CaughtUp{*at}} : Message{Unknown{}};
}

template <typename... Parts>
void AppendLine(std::string& out, const Parts&... parts) {
  (out.append(parts), ...);
  out += '\n';
}

void AppendRows(std::string& out, std::string_view word, std::size_t range, std::size_t leaf,
                std::span<const fleet::RowHash> rows) {
  out.append(word).append(std::to_string(range)).append(" ").append(std::to_string(leaf)) += ' ';
  if (rows.empty()) out += kNone;
  for (const fleet::RowHash row : rows) AppendHash(out, std::to_underlying(row));
  out += '\n';
}

bool AppendLineOf(std::string& out, std::string_view word, const fleet::Row& row,
                  std::size_t bytes_max) {
  const std::size_t before = out.size();
  out += word;
  row.AppendAtLine(out);
  if (out.size() - before > bytes_max) {
    out.resize(before);
    return false;
  }
  out += '\n';
  return true;
}

}  // namespace

Message ParseMessage(std::string_view line) {
  if (line.starts_with("AT ")) {
    const std::optional<wire::At> at = wire::ParseAt(line);
    return at ? Message{*at} : Message{Unknown{}};
  }
  if (line == "BYE") return Bye{};
  if (line == "RESUME") return Resume{};
  if (line == "RESUMED") return Resumed{};
  if (line == "COMPARE") return Compare{};
  if (line == "COMPARED") return Compared{};
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return Unknown{};
  const std::string_view word = line.substr(0, space);
  const std::string_view rest = line.substr(space + 1);
  if (word == "HAVE") return ParseHave(rest);
  if (word == "ROW") return ParseCaughtUp(rest);
  if (word == "PING") return ParsePing(rest);
  if (word == "PONG") return ParsePong(rest);
  if (word == "HERD") return ParseHello(rest);
  if (word == "PROOF") return Proof{rest};
  if (word == "REFUSED") return Refused{rest};
  if (word == "NEED") return ParseNeed(rest);
  if (word == "SETTINGS") return ParseSettings(rest);
  if (word == "LINKS") return ParseLinks(rest);
  if (word == "RANGES") return Ranges{rest};
  if (word == "LEAVES") return ParseLeaves(rest);
  if (word == "DIFFER") return ParseDiffer(rest);
  if (word == "LEAF") return ParseRows<Leaf>(rest);
  if (word == "WANT") return ParseRows<Want>(rest);
  return Unknown{};
}

std::string_view ClientOfAtLine(std::string_view line) {
  if (!line.starts_with("AT ")) return {};
  constexpr int kFieldsBefore = 3;  // "AT", the server and the skew
  for (int field = 0; field < kFieldsBefore; ++field)
    line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
  return line.substr(0, line.find(' '));
}

void Append(std::string& out, const Hello& hello) {
  AppendLine(out, "HERD ", hello.version, " ", hello.herd, " ", hello.from, " ", hello.to, " ",
             hello.nonce, " ", hello.run);
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
  AppendLine(out, "PONG ", std::to_string(pong.number), " ", std::to_string(pong.clock.value));
}

void Append(std::string& out, Bye /*bye*/) {
  AppendLine(out, "BYE");
}

void Append(std::string& out, Resume /*resume*/) {
  AppendLine(out, "RESUME");
}

void Append(std::string& out, Resumed /*resumed*/) {
  AppendLine(out, "RESUMED");
}

void Append(std::string& out, Compare /*compare*/) {
  AppendLine(out, "COMPARE");
}

void Append(std::string& out, Compared /*compared*/) {
  AppendLine(out, "COMPARED");
}

void Append(std::string& out, const fleet::RangeDigests& ranges) {
  out += "RANGES ";
  for (const fleet::Digest digest : ranges) AppendHash(out, digest.value());
  out += '\n';
}

void Append(std::string& out, std::size_t range, const fleet::LeafDigests& leaves) {
  out.append("LEAVES ").append(std::to_string(range)).append(" ");
  for (const fleet::Digest digest : leaves) AppendHash(out, digest.value());
  out += '\n';
}

void Append(std::string& out, const Differ& differ) {
  out.append("DIFFER ").append(std::to_string(differ.range)).append(" ");
  if (differ.leaves.none()) out.append(kNone).append(",");
  for (std::size_t leaf = 0; leaf < fleet::kLeaves; ++leaf) {
    if (differ.leaves[leaf]) out.append(std::to_string(leaf)).append(",");
  }
  out.back() = '\n';
}

void Append(std::string& out, const Leaf& leaf) {
  AppendRows(out, "LEAF ", leaf.range, leaf.leaf, leaf.rows);
}

void Append(std::string& out, const Want& want) {
  AppendRows(out, "WANT ", want.range, want.leaf, want.rows);
}

void Append(std::string& out, const Topology::Named& links) {
  out.append("LINKS ").append(links.server).append(" ");
  out.append(std::to_string(links.entry.version.incarnation)).append(" ");
  out.append(std::to_string(links.entry.version.number)).append(" ");
  if (links.entry.neighbours.empty()) out.append(kNone).append(",");
  for (const std::string& neighbour : links.entry.neighbours) out.append(neighbour).append(",");
  out.back() = '\n';
}

void Append(std::string& out, const Need& need) {
  out += "NEED ";
  for (const fleet::ClientHash client : need.clients) AppendHash(out, std::to_underlying(client));
  out += '\n';
}

void Append(std::string& out, const std::vector<Setting>& settings) {
  out += "SETTINGS";
  for (const auto& [name, value] : settings) out.append(" ").append(name).append("=").append(value);
  out += '\n';
}

void AppendAnnounced(std::string& out, const Announced& row) {
  std::array<char, kAnnouncedDigits> digits;
  char* end = WriteHash(digits.data(), std::to_underlying(row.client));
  end = WriteHash(end, static_cast<std::uint64_t>(row.effective_time.value));
  WriteHalfHash(end, row.row);
  out.append(digits.data(), digits.size());
}

bool AppendAtLine(std::string& out, const fleet::Row& row, std::size_t bytes_max) {
  return AppendLineOf(out, "", row, bytes_max);
}

bool AppendRow(std::string& out, const fleet::Row& row, std::size_t bytes_max) {
  return AppendLineOf(out, "ROW ", row, bytes_max);
}

template <typename Digests>
std::optional<Digests> ParseDigests(std::string_view text) {
  Digests digests;
  if (text.size() != digests.size() * kHashDigits) return std::nullopt;
  for (fleet::Digest& digest : digests) {
    const auto sum = TakeHash(text);
    if (!sum) return std::nullopt;
    digest = fleet::Digest(*sum);
  }
  return digests;
}

template std::optional<fleet::RangeDigests> ParseDigests(std::string_view text);
template std::optional<fleet::LeafDigests> ParseDigests(std::string_view text);

}  // namespace herd::flood
