#include "places/google_legacy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "places/json_text_maker.h"
#include "places/json_tree.h"

namespace herd::places {
namespace {

const GoogleLegacyApi kApi;

std::string Cut(std::string_view body, int results_max) {
  const auto answer = kApi.Read({200, std::string(body)}, results_max);
  if (!answer) return "failed: " + answer.error().message;
  EXPECT_EQ(answer->status, Status::kOk);
  return answer->json;
}

void ExpectFailure(int http_status, std::string_view body, Status status,
                   std::string_view message) {
  const auto answer = kApi.Read({http_status, std::string(body)}, 5);
  ASSERT_FALSE(answer) << body;
  EXPECT_EQ(answer.error().status, status) << body;
  EXPECT_EQ(answer.error().message, message) << body;
}

TEST(GoogleLegacy, AsksWithPlainDecimals) {
  const auto key = ApiKey::Make("K-1");
  const Query query{{34.06893, -118.445127}, {10'000}, 5};
  const HttpRequest request = kApi.Ask("https://maps.googleapis.com", *key, query);
  EXPECT_EQ(request.url,
            "https://maps.googleapis.com/maps/api/place/nearbysearch/json"
            "?location=34.06893,-118.445127&radius=10000&key=K-1");
  EXPECT_FALSE(request.body);
  EXPECT_TRUE(request.headers.empty());
  EXPECT_NE(kApi.Ask("", *key, {{1e-7, -0.00000025}, {50'000}, 5})
                .url.find("location=0.0000001,-0.00000025&radius=50000&"),
            std::string::npos);
}

TEST(GoogleLegacy, PassesAWholeAnswerOnInItsOwnBytes) {
  const std::string body =
      "{\n  \"html_attributions\" : [ \"<a>]\" ],\n  \"results\" : [ {\"n\": "
      "12345678901234567890.50 } ],"
      " \"next_page_token\":\"t\", \"x\":1e400, \"status\" : \"OK\"\n}";
  EXPECT_EQ(Cut(body, 1), body);
  EXPECT_EQ(Cut("\n " + body + "\n\n", 20), body);
}

TEST(GoogleLegacy, CutsToTheFirstResults) {
  const std::string_view body =
      R"({"html_attributions":[],"results":[ {"a":"]"} , {"b":1} ,{"c":[{}]} ],"status":"OK"})";
  EXPECT_EQ(Cut(body, 3), body);
  EXPECT_EQ(Cut(body, 2),
            R"({"html_attributions":[],"results":[ {"a":"]"} , {"b":1} ],"status":"OK"})");
  EXPECT_EQ(Cut(body, 1), R"({"html_attributions":[],"results":[ {"a":"]"} ],"status":"OK"})");
}

TEST(GoogleLegacy, AResultCutTakesTheNextPageTokenWithIt) {
  for (const std::string_view body :
       {R"({"next_page_token":"t","html_attributions":[],"results":[{},{}],"status":"OK"})",
        R"({"html_attributions":[],"next_page_token":"t","results":[{},{}],"status":"OK"})",
        R"({"html_attributions":[],"results":[{},{}],"next_page_token":"t","status":"OK"})",
        R"({"html_attributions":[],"results":[{},{}],"status":"OK","next_page_token":"t"})"}) {
    EXPECT_EQ(Cut(body, 2), body);
    EXPECT_EQ(Cut(body, 1), R"({"html_attributions":[],"results":[{}],"status":"OK"})");
  }
}

TEST(GoogleLegacy, AddsHtmlAttributionsWhereMissing) {
  EXPECT_EQ(Cut(R"({"results":[{}],"status":"OK"})", 5),
            R"({ "html_attributions" : [],"results":[{}],"status":"OK"})");
  EXPECT_EQ(Cut(R"({"next_page_token":"t","results":[{},{}],"status":"OK"})", 1),
            R"({ "html_attributions" : [],"results":[{}],"status":"OK"})");
}

TEST(GoogleLegacy, NothingNearIsZeroResults) {
  for (const char* body : {R"({"html_attributions":[],"results":[],"status":"ZERO_RESULTS"})",
                           R"({"results":[],"status":"OK"})"}) {
    const auto answer = kApi.Read({200, body}, 5);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, Status::kZeroResults);
    EXPECT_EQ(answer->json, R"({"html_attributions":[],"results":[],"status":"ZERO_RESULTS"})");
  }
}

TEST(GoogleLegacy, PassesOnGooglesWordsForAFailure) {
  ExpectFailure(200, R"({"error_message":"too \"much\"","results":[],"status":"OVER_QUERY_LIMIT"})",
                Status::kOverQueryLimit, "too \"much\"");
  ExpectFailure(200, R"({"results":[],"status":"REQUEST_DENIED"})", Status::kRequestDenied,
                "Google answered REQUEST_DENIED");
  ExpectFailure(200, R"({"status":"INVALID_REQUEST","error_message":7})", Status::kInvalidRequest,
                "Google answered INVALID_REQUEST");
  ExpectFailure(200, R"({"status":"UNKNOWN_ERROR"})", Status::kUnknownError,
                "Google answered UNKNOWN_ERROR");
}

TEST(GoogleLegacy, KeepsGooglesWordsForAStatusThatIsNotKnown) {
  ExpectFailure(200, R"({"error_message":"pay","results":[],"status":"NEW_WORD"})",
                Status::kUnknownError, "pay");
  ExpectFailure(200, R"({"error_message":"pay"})", Status::kUnknownError, "pay");
  ExpectFailure(200, R"({"status":"NEW\nWORD"})", Status::kUnknownError,
                "Google's answer is not one: its status is not known: NEW WORD");
}

TEST(GoogleLegacy, SaysSomethingWhereGoogleSaysNothing) {
  for (const char* words : {"", " ", "\\n\\u0000 \\t"}) {
    const std::string message = std::string("\"error_message\":\"") + words + "\"";
    ExpectFailure(200, "{" + message + R"(,"status":"REQUEST_DENIED"})", Status::kRequestDenied,
                  "Google answered REQUEST_DENIED");
    ExpectFailure(403, "{" + message + "}", Status::kRequestDenied, "Google answered HTTP 403");
  }
}

TEST(GoogleLegacy, MakesOneLineOfGooglesWords) {
  ExpectFailure(
      200,
      R"({"error_message":"a\r\n\nb\u0000c\u001b[2Jd\u007fe\u0085f\u2028g\u2029\u00e9 \u00a0h",)"
      R"("status":"REQUEST_DENIED"})",
      Status::kRequestDenied, "a b c [2Jd e f g \u00e9 \u00a0h");
  const auto answer = kApi.Read(
      {200, R"({"status":"REQUEST_DENIED","error_message":"x)" + std::string(5000, 'y') + "\"}"},
      5);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "x" + std::string(kWordsBytesMax - 1, 'y'));
}

TEST(GoogleLegacy, TellsARefusalByItsHttpStatus) {
  ExpectFailure(403, R"({"error_message":"no","status":"REQUEST_DENIED"})", Status::kRequestDenied,
                "no");
  ExpectFailure(401, "<html>", Status::kRequestDenied, "Google answered HTTP 401");
  ExpectFailure(429, "", Status::kOverQueryLimit, "Google answered HTTP 429");
  ExpectFailure(400, "{}", Status::kInvalidRequest, "Google answered HTTP 400");
  ExpectFailure(500, "{}", Status::kUnknownError, "Google answered HTTP 500");
  ExpectFailure(302, "", Status::kUnknownError, "Google answered HTTP 302");
  ExpectFailure(204, "", Status::kUnknownError, "Google answered HTTP 204");
}

TEST(GoogleLegacy, RefusesWhatIsNotAnAnswer) {
  for (const char* body :
       {"", "[]", "{}", R"({"status":"OK"})", R"({"status":"OK","results":{}})",
        R"({"status":"OK","results":[1]})", R"({"status":"NEW_WORD","results":[]})",
        R"({"status":"ok","results":[]})", R"({"status":null,"results":[]})",
        R"({"status":"OK","results":[{}],"html_attributions":{}})",
        R"({"status":"OK","results":[{}],"html_attributions":[1]})",
        R"({"status":"OK","results":[{}],"results":[]})",
        R"({"status":"ZERO_RESULTS","results":[{}]})", R"({"status":"OK","results":[{}]} trailing)",
        R"({"status":"OK","results":[{}])"}) {
    const auto answer = kApi.Read({200, body}, 5);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().status, Status::kUnknownError);
    EXPECT_TRUE(answer.error().message.starts_with("Google's answer is not one: ")) << body;
  }
}

// However the text is laid out: the first results and all else stay as they were, byte for byte.
RC_GTEST_PROP(GoogleLegacy, CutsAnyLayout, (const std::vector<std::uint8_t>& choices)) {
  JsonTextMaker maker(choices);
  const auto member = [&](std::string_view name, const std::string& value) {
    return maker.Space() + "\"" + std::string(name) + "\"" + maker.Space() + ":" + maker.Space() +
           value + maker.Space();
  };
  const auto count = *rc::gen::inRange<std::size_t>(1, 8);
  std::string results = "[";
  for (std::size_t i = 0; i < count; ++i) {
    results += (i > 0 ? "," : "") + maker.Space() + maker.Object(3) + maker.Space();
  }
  const std::string other = "[" + maker.Value(3) + ",12345678901234567890]";
  std::vector<std::string> members = {member("results", results + "]"), member("status", "\"OK\""),
                                      member("html_attributions", "[" + maker.String() + "]"),
                                      member("next_page_token", maker.String()),
                                      member("other", other)};
  std::rotate(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(maker.Choose(5)),
              members.end());
  std::string body = "{";
  for (const std::string& text : members) body += (body.size() > 1 ? "," : "") + text;
  body += "}";

  const auto results_max = *rc::gen::inRange(1, 9);
  const auto answer = kApi.Read({200, maker.Space() + body + maker.Space()}, results_max);
  RC_ASSERT(answer.has_value());
  const auto before = JsonTree::Parse(body);
  const auto after = JsonTree::Parse(answer->json);
  RC_ASSERT(before.has_value() && after.has_value());
  const bool cut = count > static_cast<std::size_t>(results_max);
  if (!cut) RC_ASSERT(answer->json == body);
  const auto& kept = after->Root().Find("results")->children;
  RC_ASSERT(kept.size() == std::min(count, static_cast<std::size_t>(results_max)));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    RC_ASSERT(kept[i].text == before->Root().Find("results")->children[i].text);
  }
  RC_ASSERT((after->Root().Find("next_page_token") == nullptr) == cut);
  RC_ASSERT(after->Root().children.size() == (cut ? 4U : 5U));
  for (const JsonValue& value : after->Root().children) {
    if (value.key != "results") RC_ASSERT(value.text == before->Root().Find(value.key)->text);
  }
}

}  // namespace
}  // namespace herd::places
