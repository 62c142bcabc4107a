// What anyone who stands in for Google may answer: the first byte picks the HTTP status and how
// many results are asked for, the rest is the body. Whatever it is, what clients get is valid JSON.

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "places/google_legacy.h"
#include "places/google_new.h"
#include "places/json_tree.h"

namespace {

using herd::places::JsonTree;
using herd::places::JsonValue;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckAnswer(const std::string& json, std::size_t results_max) {
  simdjson::dom::parser parser;
  simdjson::dom::element whole;
  const auto error = parser.parse(json).get(whole);
  // Valid JSON too, but more than 64 bits: simdjson's DOM has no place for it.
  Require(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR);
  const auto tree = JsonTree::Parse(json);
  Require(tree.has_value());
  const JsonValue* results = tree->Root().Find("results");
  Require(results != nullptr && results->IsArray() && results->children.size() <= results_max);
  const JsonValue* attributions = tree->Root().Find("html_attributions");
  Require(attributions != nullptr && attributions->IsArrayOfStrings());
  const JsonValue* status = tree->Root().Find("status");
  Require(status != nullptr &&
          status->string == (results->children.empty() ? "ZERO_RESULTS" : "OK"));
}

void CheckApi(const herd::places::GoogleApi& api, const herd::places::HttpResponse& response,
              int results_max) {
  const auto answer = api.Read(response, results_max);
  if (answer) {
    CheckAnswer(answer->json, static_cast<std::size_t>(results_max));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array kStatuses = {200, 200, 200, 200, 200, 400, 403, 500};
  const int results_max = 1 + data[0] % 20;
  const herd::places::HttpResponse response{kStatuses[data[0] / 20 % kStatuses.size()],
                                            std::string(data + 1, data + size)};
  CheckApi(herd::places::GoogleLegacyApi(), response, results_max);
  CheckApi(herd::places::GoogleNewApi(), response, results_max);
  return 0;
}
