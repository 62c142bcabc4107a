#include "places/google_legacy.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "places/json_tree.h"

namespace herd::places {
namespace {

using Result = std::expected<Answer, LookUpFailure>;

std::optional<Status> StatusOf(std::string_view word) {
  constexpr std::array kAll = {Status::kOk,
                               Status::kZeroResults,
                               Status::kOverQueryLimit,
                               Status::kRequestDenied,
                               Status::kInvalidRequest,
                               Status::kUnknownError};
  const auto found = std::ranges::find(kAll, word, StatusWord);
  return found == kAll.end() ? std::nullopt : std::optional(*found);
}

std::string MessageOf(const JsonValue& root, std::string_view ours) {
  return GooglesWords(root.Find("error_message"), ours);
}

// Two members of one name: whoever reads on may take the other one than we did.
bool HasMemberTwice(const JsonValue& object) {
  std::vector<std::string_view> keys;
  keys.reserve(object.children.size());
  for (const JsonValue& member : object.children) keys.push_back(member.key);
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

const char* End(std::string_view text) {
  return text.data() + text.size();
}

// The bytes to leave out so that `member` and one comma are gone.
std::string_view WithComma(const JsonValue& object, const JsonValue& member) {
  const auto index = static_cast<std::size_t>(&member - object.children.data());
  const char* begin = member.member_text.data();
  const char* end = End(member.member_text);
  if (index > 0) {
    begin = End(object.children[index - 1].member_text);
  } else if (object.children.size() > 1) {
    end = object.children[1].member_text.data();
  }
  return {begin, static_cast<std::size_t>(end - begin)};
}

// The text of `root` with at most `results_max` of `results`.
std::string Cut(const JsonValue& root, const JsonValue& results, std::size_t results_max) {
  std::vector<std::string_view> left_out;
  if (results.children.size() > results_max) {
    const char* begin = results_max == 0 ? results.children.front().text.data()
                                         : End(results.children[results_max - 1].text);
    left_out.emplace_back(begin, End(results.children.back().text));
    if (const JsonValue* token = root.Find("next_page_token")) {
      left_out.push_back(WithComma(root, *token));
    }
    std::ranges::sort(left_out, {}, &std::string_view::data);
  }
  std::string out = "{";
  if (root.Find("html_attributions") == nullptr) out += " \"html_attributions\" : [],";
  std::size_t at = 1;
  for (const std::string_view part : left_out) {
    const auto begin = static_cast<std::size_t>(part.data() - root.text.data());
    out += root.text.substr(at, begin - at);
    at = begin + part.size();
  }
  out += root.text.substr(at);
  return out;
}

}  // namespace

std::string_view GoogleLegacyApi::Endpoint() const {
  return "https://maps.googleapis.com";
}

HttpRequest GoogleLegacyApi::Ask(std::string_view endpoint, const ApiKey& key,
                                 const Query& query) const {
  HttpRequest request;
  request.url = std::string(endpoint) +
                "/maps/api/place/nearbysearch/json?location=" + Decimal(query.center.lat_deg) +
                "," + Decimal(query.center.lng_deg) + "&radius=" + Decimal(query.radius.value) +
                "&key=";
  request.url += key.Reveal();
  return request;
}

Result GoogleLegacyApi::Read(const HttpResponse& response, int results_max) const {
  const auto tree = JsonTree::Parse(response.body);
  if (response.status != 200) {
    const std::string ours = "Google answered HTTP " + std::to_string(response.status);
    return std::unexpected(
        LookUpFailure{StatusOfHttp(response.status), tree ? MessageOf(tree->Root(), ours) : ours});
  }
  if (!tree) return NotAnAnswer(tree.error());
  const JsonValue& root = tree->Root();
  if (HasMemberTwice(root)) return NotAnAnswer("a member stands there twice");

  const JsonValue* word = root.Find("status");
  if (word == nullptr || !word->IsString()) {
    return std::unexpected(LookUpFailure{
        Status::kUnknownError, MessageOf(root, "Google's answer is not one: it has no status")});
  }
  const auto known = StatusOf(word->string);
  if (!known) {  // a failure that Google may tell more about
    return std::unexpected(
        LookUpFailure{Status::kUnknownError,
                      MessageOf(root, "Google's answer is not one: its status is not known: " +
                                          GooglesWords(word, "empty"))});
  }
  const Status status = *known;
  if (status != Status::kOk && status != Status::kZeroResults) {
    return std::unexpected(LookUpFailure{
        status, MessageOf(root, "Google answered " + std::string(StatusWord(status)))});
  }

  const JsonValue* attributions = root.Find("html_attributions");
  if (attributions != nullptr && !attributions->IsArrayOfStrings()) {
    return NotAnAnswer("html_attributions is not an array of strings");
  }
  const JsonValue* results = root.Find("results");
  if (results == nullptr || !results->IsArray() ||
      !std::ranges::all_of(results->children, &JsonValue::IsObject)) {
    return NotAnAnswer("results is not an array of objects");
  }
  if (results->children.empty()) return EmptyAnswer(Status::kZeroResults);
  if (status == Status::kZeroResults) return NotAnAnswer("ZERO_RESULTS with results");
  return Answer{Status::kOk,
                Cut(root, *results, static_cast<std::size_t>(std::max(results_max, 0)))};
}

}  // namespace herd::places
