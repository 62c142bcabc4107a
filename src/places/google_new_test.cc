#include "places/google_new.h"

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

const GoogleNewApi kApi;

// The one place of an answer that holds `place`, in the legacy form.
std::string Translated(std::string_view place) {
  const auto answer = kApi.Read({200, R"({"places":[)" + std::string(place) + "]}"}, 5);
  if (!answer) return "failed: " + answer.error().message;
  constexpr std::string_view kBefore = R"({"html_attributions":[],"results":[)";
  constexpr std::string_view kAfter = R"(],"status":"OK"})";
  EXPECT_TRUE(answer->json.starts_with(kBefore) && answer->json.ends_with(kAfter)) << answer->json;
  return answer->json.substr(kBefore.size(), answer->json.size() - kBefore.size() - kAfter.size());
}

void ExpectFailure(int http_status, std::string_view body, Status status,
                   std::string_view message) {
  const auto answer = kApi.Read({http_status, std::string(body)}, 5);
  ASSERT_FALSE(answer) << body;
  EXPECT_EQ(answer.error().status, status) << body;
  EXPECT_EQ(answer.error().message, message) << body;
}

TEST(GoogleNew, AsksWithAFieldMask) {
  const auto key = ApiKey::Make("K-1");
  const HttpRequest request =
      kApi.Ask("https://places.googleapis.com", *key, {{34.06893, -118.445127}, {50'000}, 7});
  EXPECT_EQ(request.url, "https://places.googleapis.com/v1/places:searchNearby");
  EXPECT_THAT(
      request.headers,
      testing::ElementsAre("Content-Type: application/json", "X-Goog-Api-Key: K-1",
                           testing::StartsWith("X-Goog-FieldMask: places.id,places.displayName,")));
  EXPECT_EQ(
      request.body,
      R"({"locationRestriction":{"circle":{"center":{"latitude":34.06893,"longitude":-118.445127},)"
      R"("radius":50000}},"maxResultCount":7,"rankPreference":"DISTANCE"})");
}

TEST(GoogleNew, TranslatesAPlaceInGooglesOwnBytes) {
  EXPECT_EQ(
      Translated(
          R"( { "id" : "ChIJ", "displayName" : { "text" : "Caf\u00e9 \"]\"", "languageCode":"en" },
      "location" : { "latitude" : 34.06893000000000000001, "longitude" : -118.4451270 },
      "viewport" : { "low" : { "latitude" : 34.1, "longitude" : -118.5 },
                     "high" : { "latitude" : 34.20, "longitude" : -118.40 } },
      "types" : [ "cafe", "food" ], "formattedAddress" : "1 Broxton Ave, LA 90024, USA",
      "shortFormattedAddress" : "1 Broxton Ave, LA", "businessStatus" : "CLOSED_TEMPORARILY" } )"),
      R"({"business_status":"CLOSED_TEMPORARILY","geometry":{"location":)"
      R"({"lat":34.06893000000000000001,"lng":-118.4451270},"viewport":{"northeast":)"
      R"({"lat":34.20,"lng":-118.40},"southwest":{"lat":34.1,"lng":-118.5}}},)"
      R"("name":"Caf\u00e9 \"]\"","place_id":"ChIJ","types":[ "cafe", "food" ],)"
      R"("vicinity":"1 Broxton Ave, LA"})");
}

TEST(GoogleNew, LeavesOutWhatGoogleDidNotGive) {
  EXPECT_EQ(Translated("{}"), "{}");
  EXPECT_EQ(Translated(R"({"id":"x","businessStatus":"FUTURE_OPENING"})"), R"({"place_id":"x"})");
  EXPECT_EQ(Translated(R"({"formattedAddress":"long"})"), R"({"vicinity":"long"})");
  EXPECT_EQ(Translated(R"({"id":7,"displayName":"x","types":[1],"businessStatus":{}})"), "{}");
}

TEST(GoogleNew, AZeroCoordinateIsLeftOutByGoogle) {
  EXPECT_EQ(
      Translated(
          R"({"location":{"longitude":6.73},"viewport":{"low":{"latitude":-0.5},"high":{}}})"),
      R"({"geometry":{"location":{"lat":0,"lng":6.73},"viewport":{"northeast":{"lat":0,"lng":0},)"
      R"("southwest":{"lat":-0.5,"lng":0}}}})");
}

TEST(GoogleNew, MakesAViewportWhereThereIsNone) {
  const auto viewport = [](std::string_view location) {
    const std::string text = Translated(R"({"location":)" + std::string(location) + "}");
    return text.substr(text.find("\"viewport\""));
  };
  EXPECT_EQ(viewport(R"({"latitude":10,"longitude":20})"),
            R"("viewport":{"northeast":{"lat":10.001349,"lng":20.001349},)"
            R"("southwest":{"lat":9.998651,"lng":19.998651}}}})");
  EXPECT_NE(viewport(R"({"latitude":90,"longitude":180})")
                .find(R"("northeast":{"lat":90,"lng":-179.998)"),
            std::string::npos);
  EXPECT_NE(viewport(R"({"latitude":-90,"longitude":-180})")
                .find(R"("southwest":{"lat":-90,"lng":179.998)"),
            std::string::npos);
}

TEST(GoogleNew, CutsToTheFirstPlaces) {
  const auto answer = kApi.Read({200, R"({"places":[{"id":"a"},{"id":"b"},{"id":"c"}]})"}, 2);
  ASSERT_TRUE(answer);
  EXPECT_EQ(
      answer->json,
      R"({"html_attributions":[],"results":[{"place_id":"a"},{"place_id":"b"}],"status":"OK"})");
}

TEST(GoogleNew, NothingNearIsZeroResults) {
  for (const char* body : {"{}", " {\n}\n", R"({"places":[]})"}) {
    const auto answer = kApi.Read({200, body}, 5);
    ASSERT_TRUE(answer) << body;
    EXPECT_EQ(answer->status, Status::kZeroResults);
    EXPECT_EQ(answer->json, R"({"html_attributions":[],"results":[],"status":"ZERO_RESULTS"})");
  }
}

TEST(GoogleNew, TranslatesFailures) {
  ExpectFailure(429, R"({"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}})",
                Status::kOverQueryLimit, "quota");
  ExpectFailure(403, R"({"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}})",
                Status::kRequestDenied, "no");
  ExpectFailure(401, R"({"error":{"code":401,"message":"who","status":"UNAUTHENTICATED"}})",
                Status::kRequestDenied, "who");
  ExpectFailure(400, R"({"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}})",
                Status::kInvalidRequest, "bad");
  ExpectFailure(503, R"({"error":{"code":503,"message":"later","status":"UNAVAILABLE"}})",
                Status::kUnknownError, "later");
  ExpectFailure(200, R"({"error":{"status":"RESOURCE_EXHAUSTED"}})", Status::kOverQueryLimit,
                "Google answered HTTP 200");
  ExpectFailure(403, "<html>", Status::kRequestDenied, "Google answered HTTP 403");
  ExpectFailure(429, R"({"error":"quota"})", Status::kOverQueryLimit, "Google answered HTTP 429");
  ExpectFailure(404, "", Status::kUnknownError, "Google answered HTTP 404");
}

TEST(GoogleNew, GooglesWordsAreOneLineAndNeverEmpty) {
  ExpectFailure(409, R"({"error":{"message":"pay","status":"NEW_WORD"}})", Status::kUnknownError,
                "pay");
  ExpectFailure(403, R"({"error":{"message":"","status":"PERMISSION_DENIED"}})",
                Status::kRequestDenied, "Google answered HTTP 403");
  ExpectFailure(403, R"({"error":{"message":"a\nb\u001bc"}})", Status::kRequestDenied, "a b c");
}

TEST(GoogleNew, ACoordinateThatIsTooSmallForADoubleIsZero) {
  EXPECT_EQ(Translated(R"({"location":{"latitude":1e-400,"longitude":-0.1E-9999}})"),
            R"({"geometry":{"location":{"lat":1e-400,"lng":-0.1E-9999},"viewport":{"northeast":)"
            R"({"lat":0.001349,"lng":0.001349},"southwest":{"lat":-0.001349,"lng":-0.001349}}}})");
}

TEST(GoogleNew, APlaceThatIsNoneTakesNoOtherWithIt) {
  const auto answer =
      kApi.Read({200, R"({"places":[{"location":{"latitude":91}},{"id":"a"},7,)"
                      R"({"id":"x","location":{"longitude":1e999}},{"id":"b"},{"id":"c"}]})"},
                2);
  ASSERT_TRUE(answer);
  EXPECT_EQ(
      answer->json,
      R"({"html_attributions":[],"results":[{"place_id":"a"},{"place_id":"b"}],"status":"OK"})");
}

TEST(GoogleNew, MakesAViewportWhereGooglesIsNone) {
  EXPECT_EQ(Translated(R"({"location":{"latitude":1,"longitude":2},)"
                       R"("viewport":{"low":{"latitude":1e999},"high":{}}})"),
            Translated(R"({"location":{"latitude":1,"longitude":2}})"));
}

TEST(GoogleNew, AWrongKeyIsADenialAsInTheLegacyApi) {
  ExpectFailure(
      400,
      R"({"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[)"
      R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
      Status::kRequestDenied, "API key not valid.");
}

TEST(GoogleNew, RefusesWhatIsNotAnAnswer) {
  for (const char* body :
       {"", "[]", "null", R"({"places":{}})", R"({"places":[1]})", R"({"places":[{}])",
        R"({"places":[{"location":7}]})", R"({"places":[{"location":{"latitude":"1"}}]})",
        R"({"places":[{"location":{"latitude":91}}]})",
        R"({"places":[{"location":{"longitude":1e999}}]})"}) {
    const auto answer = kApi.Read({200, body}, 5);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().status, Status::kUnknownError);
    EXPECT_TRUE(answer.error().message.starts_with("Google's answer is not one: ")) << body;
  }
}

RC_GTEST_PROP(GoogleNew, AnyPlacesBecomeAValidAnswer, (const std::vector<std::uint8_t>& choices)) {
  JsonTextMaker maker(choices);
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);
  std::string places;
  for (std::size_t i = 0; i < count; ++i) {
    places +=
        (i > 0 ? "," : "") + maker.Space() + "{\"id\":" + maker.String() +
        ",\"displayName\":{\"text\":" + maker.String() + maker.Space() +
        "},\"types\":" + maker.Value(2) + ",\"viewport\":" + maker.Value(2) +
        ",\"location\":{\"latitude\":" + std::string(maker.Choose(2) == 0 ? "1.250" : "-33.0") +
        "}}" + maker.Space();
  }
  const auto results_max = *rc::gen::inRange(1, 7);
  const auto answer = kApi.Read({200, "{\"places\":[" + places + "]}"}, results_max);
  RC_ASSERT(answer.has_value());
  const auto tree = JsonTree::Parse(answer->json);
  RC_ASSERT(tree.has_value());
  const auto before = JsonTree::Parse("{\"places\":[" + places + "]}");
  const auto& results = tree->Root().Find("results")->children;
  RC_ASSERT(results.size() == std::min(count, static_cast<std::size_t>(results_max)));
  for (std::size_t i = 0; i < results.size(); ++i) {
    const JsonValue& place = before->Root().Find("places")->children[i];
    RC_ASSERT(results[i].Find("place_id")->text == place.Find("id")->text);
    RC_ASSERT(results[i].Find("name")->text == place.Find("displayName")->Find("text")->text);
    RC_ASSERT(results[i].Find("geometry")->Find("location")->Find("lat")->text ==
              place.Find("location")->Find("latitude")->text);
    RC_ASSERT(results[i].Find("geometry")->Find("viewport")->Find("northeast") != nullptr);
  }
}

}  // namespace
}  // namespace herd::places
