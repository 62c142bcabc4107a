#include "wire/at.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "wire/fields.h"
#include "wire/iso6709.h"

namespace herd::wire {
namespace {

bool IsServerIdSize(std::size_t bytes) {
  return bytes != 0 && bytes <= kServerIdBytesMax;
}

// Which bytes a server ID has, by their values.
constexpr std::array<bool, 256> MakeServerIdBytes() {
  std::array<bool, 256> bytes{};
  for (const char c :
       std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"))
    bytes[static_cast<unsigned char>(c)] = true;
  return bytes;
}
constexpr std::array<bool, 256> kServerIdBytes = MakeServerIdBytes();

bool IsServerIdByte(char c) {
  return kServerIdBytes[static_cast<unsigned char>(c)];
}

const char* EndOf(std::string_view text) {
  return text.data() + text.size();
}

constexpr std::string_view kWord = "AT ";

// Moves `from` over the one space that stands between two fields.
bool TakeSpace(const char*& from, const char* end) {
  if (from == end || *from != ' ') return false;
  ++from;
  return true;
}

// Reads what stands behind the word, all of it: false where it breaks the rules.
bool ReadFields(const char* from, const char* end, At& at) {
  const char* field_end = std::find_if_not(from, end, IsServerIdByte);
  at.server = {from, field_end};
  if (!IsServerIdSize(at.server.size())) return false;

  from = field_end;
  if (!TakeSpace(from, end)) return false;
  Skew skew;
  field_end = ReadSkewField(from, end, skew);
  if (field_end == nullptr) return false;
  at.skew_text = {from, field_end};

  from = field_end;
  if (!TakeSpace(from, end)) return false;
  field_end = FieldEnd(from, end);
  at.client = {from, field_end};
  if (!IsClientIdSize(at.client.size())) return false;

  from = field_end;
  if (!TakeSpace(from, end)) return false;
  if (end - from >= 2 && IsForgotten({from, 1}) && from[1] == ' ') {
    field_end = from + 1;
  } else {
    field_end = ReadLocationField(from, end, at.location);
    if (field_end == nullptr) return false;
  }
  at.location_text = {from, field_end};

  from = field_end;
  if (!TakeSpace(from, end)) return false;
  CompactTime time;
  field_end = ReadTimeField(from, end, time);
  if (field_end != end) return false;
  at.time_text = {from, field_end};
  at.time = time.time;
  at.time_layout = time.layout;

  const std::optional<UnixNanos> receipt = time.time + skew;
  if (!receipt) return false;
  at.receipt = *receipt;
  return true;
}

At ToAt(const Iamat& iamat, std::string_view server, UnixNanos receipt,
        std::string_view skew_text) {
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

char* Write(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* WriteSpace(char* to) {
  *to = ' ';
  return to + 1;
}

// Writes the last three fields and the spaces between them.
char* WriteClientsFields(char* to, const auto& report) {
  // In a client's line they mostly stand just so, and then one copy does.
  const char* const start = report.client.data();
  const char* const client_end = EndOf(report.client);
  const char* const location_end = EndOf(report.location_text);
  if (report.location_text.data() == client_end + 1 && *client_end == ' ' &&
      report.time_text.data() == location_end + 1 && *location_end == ' ') {
    return Write(to, {start, EndOf(report.time_text)});
  }
  to = WriteSpace(Write(to, report.client));
  to = WriteSpace(Write(to, report.location_text));
  return Write(to, report.time_text);
}

std::size_t BytesOfClientsFields(const auto& report) {
  return report.client.size() + 1 + report.location_text.size() + 1 + report.time_text.size();
}

}  // namespace

bool IsServerId(std::string_view text) {
  return IsServerIdSize(text.size()) && std::ranges::all_of(text, IsServerIdByte);
}

std::size_t AtLineBytes(const At& at) {
  return kWord.size() + at.server.size() + 1 + at.skew_text.size() + 1 + BytesOfClientsFields(at);
}

void AppendAt(std::string& out, const At& at) {
  const std::size_t before = out.size();
  const std::size_t after = before + AtLineBytes(at);
  // g++ 12 may hand in a greater size than it was given, when the string must grow.
  out.resize_and_overwrite(after, [&](char* data, std::size_t) {
    char* to = Write(data + before, kWord);
    to = WriteSpace(Write(to, at.server));
    to = WriteSpace(Write(to, at.skew_text));
    WriteClientsFields(to, at);
    return after;
  });
}

At AppendAt(std::string& out, const Iamat& iamat, std::string_view server, UnixNanos receipt) {
  const std::size_t before = out.size();
  const std::size_t skew_start = before + kWord.size() + server.size() + 1;
  const std::size_t bytes_max = skew_start + kSkewBytesMax + 1 + BytesOfClientsFields(iamat);
  std::size_t skew_bytes = 0;
  out.resize_and_overwrite(bytes_max, [&](char* data, std::size_t) {
    char* to = Write(data + before, kWord);
    to = WriteSpace(Write(to, server));
    const char* const skew_end = WriteSkew(to, receipt - iamat.time);
    skew_bytes = static_cast<std::size_t>(skew_end - to);
    to = WriteClientsFields(WriteSpace(to + skew_bytes), iamat);
    return static_cast<std::size_t>(to - data);
  });
  return ToAt(iamat, server, receipt, std::string_view(out).substr(skew_start, skew_bytes));
}

std::optional<At> ParseAt(std::string_view line) {
  // Read where it is returned from.
  std::optional<At> at(std::in_place);
  if (!line.starts_with(kWord) || !ReadFields(line.data() + kWord.size(), EndOf(line), *at))
    at.reset();
  return at;
}

At MakeAt(const Iamat& iamat, std::string_view server, UnixNanos receipt, std::string& skew_text) {
  skew_text.clear();
  AppendSkew(skew_text, receipt - iamat.time);
  return ToAt(iamat, server, receipt, skew_text);
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
