#include "wire/at.h"

#include <algorithm>
#include <array>

#include "wire/ascii.h"
#include "wire/iso6709.h"

namespace herd::wire {
namespace {

bool IsServerIdByte(char c) {
  return IsDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

bool IsServerId(std::string_view text) {
  return !text.empty() && text.size() <= kServerIdBytesMax &&
         std::ranges::all_of(text, IsServerIdByte);
}

void AppendAt(std::string& out, const At& at) {
  out += "AT";
  for (const std::string_view field :
       {at.server, at.skew_text, at.client, at.location_text, at.time_text}) {
    out += ' ';
    out += field;
  }
}

std::optional<At> ParseAt(std::string_view line) {
  if (!line.starts_with("AT ")) return std::nullopt;
  line.remove_prefix(3);
  std::array<std::string_view, 5> fields;
  for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    fields[i] = line.substr(0, space);
    line.remove_prefix(space + 1);
  }
  fields.back() = line;
  const std::optional<Skew> skew = ParseSkew(fields[1]);
  const std::optional<CompactTime> time = ReadPosixTime(fields[4]);
  const std::optional<CompactLocation> location =
      IsForgotten(fields[3]) ? CompactLocation{} : ReadIso6709(fields[3]);
  if (!IsServerId(fields[0]) || !skew || !IsClientId(fields[2]) || !location || !time) {
    return std::nullopt;
  }
  const std::optional<UnixNanos> receipt = time->time + *skew;
  if (!receipt) return std::nullopt;
  return At{.server = fields[0],
            .skew_text = fields[1],
            .client = fields[2],
            .location_text = fields[3],
            .time_text = fields[4],
            .time = time->time,
            .receipt = *receipt,
            .location = *location,
            .time_layout = time->layout};
}

At MakeAt(const Iamat& iamat, std::string_view server, UnixNanos receipt, std::string& skew_text) {
  skew_text.clear();
  AppendSkew(skew_text, receipt - iamat.time);
  return {.server = server,
          .skew_text = skew_text,
          .client = iamat.client,
          .location_text = iamat.location_text,
          .time_text = iamat.time_text,
          .time = iamat.time,
          .receipt = receipt,
          .location = iamat.location,
          .time_layout = iamat.time_layout};
}

At MakeForget(std::string_view client, std::string_view server, UnixNanos time, UnixNanos receipt,
              ForgetTexts& texts) {
  texts.time.clear();
  AppendPosixTime(texts.time, time);
  return MakeAt({.client = client,
                 .location_text = kForgottenText,
                 .time_text = texts.time,
                 .time = time,
                 .time_layout = ReadPosixTime(texts.time).value().layout},
                server, receipt, texts.skew);
}

}  // namespace herd::wire
