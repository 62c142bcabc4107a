#include "places/offline.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <utility>

#include "places/index_builder.h"
#include "places/test_support.h"

namespace herd::places {
namespace {

OfflineProvider SampleProvider(const TestFolder& folder) {
  IndexBuilder builder;
  const auto towns = builder.AddSource("towns", "Towns \"&\" Co", "towns");
  const auto osm = builder.AddSource("a.osm", "OSM", "osm");
  const auto more_osm = builder.AddSource("b.osm", "OSM", "osm");
  const auto own = builder.AddSource("own.csv", "", "own");
  const auto add = [&](auto source, double lat, double lng, std::string_view name,
                       std::string_view vicinity) {
    builder.Add(source, {.name = name,
                         .lat_deg = lat,
                         .lng_deg = lng,
                         .id = name,
                         .vicinity = vicinity,
                         .types = "cafe point_of_interest"});
  };
  add(osm, 42.5, 1.5, "a", "street 1");
  add(more_osm, 42.5001, 1.5, "b \"quoted\"\n\xFF", "");
  add(own, 42.5002, 1.5, "c", "");
  add(towns, 42.6, 1.5, "d", "");
  add(own, -89.9999, 179.9999, "e", "");
  EXPECT_TRUE(std::move(builder).Write(folder / "index"));
  return OfflineProvider(*Index::Open(folder / "index"));
}

TEST(OfflineProvider, AnswersInGooglesFormOneLineForEachResult) {
  const TestFolder folder;
  const Answer answer = SampleProvider(folder).Nearby({{42.5, 1.5}, {1000}, 2});
  EXPECT_EQ(answer.status, Status::kOk);
  EXPECT_EQ(
      answer.json,
      R"({"html_attributions":["OSM"],
"results":[
{"name":"a","vicinity":"street 1","types":["cafe","point_of_interest"],"geometry":{"location":{"lat":42.5,"lng":1.5},"viewport":{"northeast":{"lat":42.50135,"lng":1.50135},"southwest":{"lat":42.49865,"lng":1.49865}}},"place_id":"a"},
{"name":"b \"quoted\"\n)"
      "\xEF\xBF\xBD"
      R"(","types":["cafe","point_of_interest"],"geometry":{"location":{"lat":42.5001,"lng":1.5},"viewport":{"northeast":{"lat":42.50145,"lng":1.50135},"southwest":{"lat":42.49875,"lng":1.49865}}},"place_id":"b \"quoted\"\n)"
      "\xEF\xBF\xBD"
      R"("}
],
"status":"OK"})");
}

TEST(OfflineProvider, NamesOnlyTheSourcesInTheAnswer) {
  const TestFolder folder;
  const OfflineProvider provider = SampleProvider(folder);
  EXPECT_TRUE(provider.Nearby({{42.5, 1.5}, {50'000}, 20})
                  .json.starts_with(R"({"html_attributions":["OSM","Towns \"&\" Co"],)"));
  EXPECT_TRUE(
      provider.Nearby({{42.5002, 1.5}, {1}, 20}).json.starts_with(R"({"html_attributions":[],)"));
}

TEST(OfflineProvider, FindsNothingWhereNothingIsWanted) {
  const TestFolder folder;
  const OfflineProvider provider = SampleProvider(folder);
  const std::string none = R"({"html_attributions":[],"results":[],"status":"ZERO_RESULTS"})";
  for (const Query query : {Query{{0, 0}, {50'000}, 20}, Query{{42.5, 1.5}, {50'000}, 0},
                            Query{{42.5, 1.5}, {50'000}, -1}}) {
    const Answer answer = provider.Nearby(query);
    EXPECT_EQ(answer.status, Status::kZeroResults);
    EXPECT_EQ(answer.json, none);
  }
}

TEST(OfflineProvider, KeepsTheViewportOnTheGlobe) {
  const TestFolder folder;
  EXPECT_THAT(
      SampleProvider(folder).Nearby({{-90, 0}, {1000}, 1}).json,
      testing::HasSubstr(
          R"("northeast":{"lat":-89.99855,"lng":180},"southwest":{"lat":-90,"lng":179.99855})"));
}

TEST(OfflineProvider, PrintsDegreesExactly) {
  const TestFolder folder;
  IndexBuilder builder;
  const auto source = builder.AddSource("x", "", "x");
  for (const auto& [lat, lng] :
       {std::pair{-0.0000001, 0.0}, std::pair{-33.8599999, 151.0000001}, std::pair{12.0, -180.0}}) {
    builder.Add(
        source,
        {.name = "x", .lat_deg = lat, .lng_deg = lng, .id = {}, .vicinity = {}, .types = "x"});
  }
  ASSERT_TRUE(std::move(builder).Write(folder / "index"));
  const std::string json =
      OfflineProvider(*Index::Open(folder / "index")).Nearby({{0, 0}, {3e7}, 3}).json;
  EXPECT_THAT(json, testing::HasSubstr(R"("location":{"lat":-0.0000001,"lng":0})"));
  EXPECT_THAT(json, testing::HasSubstr(R"("location":{"lat":-33.8599999,"lng":151.0000001})"));
  EXPECT_THAT(json, testing::HasSubstr(R"("location":{"lat":12,"lng":-180})"));
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(json).error(), simdjson::SUCCESS);
}

TEST(OfflineProvider, CallsBackBeforeItReturns) {
  const TestFolder folder;
  OfflineProvider provider = SampleProvider(folder);
  int calls = 0;
  static_cast<Provider&>(provider).Nearby({{42.5, 1.5}, {1000}, 2}, [&](Answer answer) {
    ++calls;
    EXPECT_EQ(answer.status, Status::kOk);
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace herd::places
