#include "places/import.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "places/offline.h"
#include "places/test_support.h"

namespace herd::places {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// "name | id | vicinity | types @ lat lng" of every place of an index.
std::vector<std::string> Listing(const std::filesystem::path& path) {
  const auto index = Index::Open(path);
  if (!index) return {index.error()};
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < index->PlaceCount(); ++i) {
    const Index::Place place = index->At({i});
    std::ostringstream line;
    line << place.name << " | " << place.id << " | " << place.vicinity << " | " << place.types
         << " @ " << place.position.lat << " " << place.position.lng;
    lines.push_back(line.str());
  }
  return lines;
}

std::string ErrorOf(const std::expected<ImportSummary, std::string>& result) {
  return result ? "no error" : result.error();
}

constexpr std::string_view kCities = R"([
 {"name":"Vila","lat":"42.53176","lng":"1.56654","country":"AD","admin1":"03","admin2":""},
 {"name":"Sant \"Juli\u00e0\"","lat":42.46372,"lng":1.49129,"country":"AD","admin1":"99"},
 {"name":"","lat":"42","lng":"1","country":"AD"},
 {"lat":"42","lng":"1"},
 {"name":"north of it all","lat":"90.5","lng":"1","country":"AD"},
 {"name":"words","lat":"north","lng":"1","country":"AD"},
 {"name":"nowhere","country":"AD"}
])";

TEST(ImportCities, ReadsNamesPositionsAndRegions) {
  const TestFolder folder;
  folder.Write("admin1.json", R"([{"code":"AD.03","name":"Encamp"}])");
  const auto done = Import({folder.Write("cities.json", kCities)}, folder / "index");
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(done->files[0].added, 2U);
  EXPECT_EQ(done->files[0].nameless, 2U);
  EXPECT_EQ(done->files[0].misplaced, 3U);
  EXPECT_EQ(done->written, 2U);
  const auto index = Index::Open(folder / "index");
  EXPECT_EQ(index->Sources()[0].attribution, "GeoNames (https://www.geonames.org), CC BY 4.0");
  std::vector<std::string> lines = Listing(folder / "index");
  for (std::string& line : lines) line.erase(line.find("geonames:"), 33);
  EXPECT_THAT(lines, UnorderedElementsAre(
                         "Vila |  | Encamp, AD | locality political @ 425317600 15665400",
                         "Sant \"Julià\" |  | AD | locality political @ 424637200 14912900"));
}

TEST(ImportCities, MakesUpTheSameIdsEachTime) {
  const TestFolder folder;
  const auto file = folder.Write("cities.json", kCities);
  ASSERT_TRUE(Import({file}, folder / "a"));
  ASSERT_TRUE(Import({file, file}, folder / "b"));
  EXPECT_EQ(Listing(folder / "a"), Listing(folder / "b"));
}

constexpr std::string_view kCsv =
    "Name,Longitude,Latitude,Address,type,id\n"
    "\"Bar \"\"El\"\" Refugi, the old\",1.5,42.5,\"Carrer Major 5\",Bar;Night Club,7\n"
    "  ,1,1,,,\n"
    "far,181,0,,,\n"
    "text,here,there,,,\n";

TEST(ImportCsv, ReadsQuotedFieldsAndCountsWhatItSkips) {
  const TestFolder folder;
  const auto done = Import({folder.Write("a.csv", kCsv)}, folder / "index");
  ASSERT_TRUE(done) << done.error();
  EXPECT_THAT(
      Listing(folder / "index"),
      ElementsAre(
          "Bar \"El\" Refugi, the old | 7 | Carrer Major 5 | bar night_club point_of_interest @ "
          "425000000 15000000"));
  EXPECT_EQ(done->files[0].nameless, 1U);
  EXPECT_EQ(done->files[0].misplaced, 2U);
  EXPECT_EQ(Index::Open(folder / "index")->Sources()[0].attribution, "their attribution");
}

TEST(ImportCsv, ReadsOtherDelimitersAndAByteOrderMark) {
  const TestFolder folder;
  for (const std::string_view text :
       {"\xEF\xBB\xBFtitle;lat;lon;id\r\nx;42,5;+1.5;1\r\n",
        "lat\tlng\tname\tid\n42.5\t1.5\tx\t1\n", "x|y|label|id\n1.5|42.5|x|1"}) {
    const auto done = Import({folder.Write("a.txt", text)}, folder / "index");
    ASSERT_TRUE(done) << done.error();
    EXPECT_THAT(Listing(folder / "index"),
                ElementsAre("x | 1 |  | point_of_interest @ 425000000 15000000"));
  }
}

TEST(ImportCsv, NamesTheLineOfAnError) {
  const TestFolder folder;
  const auto error = [&](std::string_view text) {
    return ErrorOf(Import({folder.Write("a.csv", text)}, folder / "index"));
  };
  EXPECT_THAT(error("name,lat,lon\nx,1,1\ny,1\n"),
              EndsWith("a.csv:3: has 2 fields, the first line has 3"));
  EXPECT_THAT(error("name,lat,lon\n\"x,1,1\n"),
              EndsWith("a.csv:2: a quote is opened and never closed"));
  EXPECT_THAT(error("a,b,c\n1,2,3\n"), HasSubstr("a.csv:1: the first line must name the columns"));
  EXPECT_THAT(error("name,lat,lon\n"), HasSubstr("no place with a name"));
}

constexpr std::string_view kGeoJson =
    R"({"type":"FeatureCollection","crs":{"x":[1,{"y":2}]},"features":[
 {"type":"Feature","id":12,"geometry":{"type":"Point","coordinates":[1.5,42.5,1000]},
  "properties":{"name":"Bar \"El\" Refugi","amenity":"bar","address":"Carrer Major 5","more":{"deep":[1,2]}}},
 {"properties":{"Name":"square","id":"s"},"type":"Feature",
  "geometry":{"coordinates":[[[179,0],[-179,0],[-179,2],[179,2],[179,0]]],"type":"Polygon"}},
 {"type":"Feature","properties":{"name":"both","id":"b"},"geometry":{"type":"GeometryCollection","geometries":[
   {"type":"Point","coordinates":[10,10]},{"type":"LineString","coordinates":[[20,20],[12,12]]}]}},
 {"type":"Feature","properties":{"name":"nowhere"},"geometry":null},
 {"type":"Feature","properties":{"name":"empty"},"geometry":{"type":"MultiPoint","coordinates":[]}},
 {"type":"Feature","properties":{"name":"swapped"},"geometry":{"type":"Point","coordinates":[42.5,181.5]}},
 {"type":"Feature","properties":{"name":null},"geometry":{"type":"Point","coordinates":[1,1]}},
 {"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[1,1]}}
]})";

TEST(ImportGeoJson, ReadsPointsAndTheCentresOfOtherShapes) {
  const TestFolder folder;
  const auto done = Import({folder.Write("a.geojson", kGeoJson)}, folder / "index");
  ASSERT_TRUE(done) << done.error();
  EXPECT_THAT(
      Listing(folder / "index"),
      UnorderedElementsAre(
          "Bar \"El\" Refugi | 12 | Carrer Major 5 | bar point_of_interest @ 425000000 15000000",
          "square | s |  | point_of_interest @ 10000000 1800000000",
          "both | b |  | point_of_interest @ 150000000 150000000"));
  EXPECT_EQ(done->files[0].nameless, 2U);
  EXPECT_EQ(done->files[0].misplaced, 3U);
}

constexpr std::string_view kOsm = R"(<?xml version='1.0' encoding='UTF-8'?>
<!-- an <extract> -->
<osm version="0.6" generator="test">
 <node id="1" lat="42.5" lon="1.5"><tag k="amenity" v="restaurant;bar"/><tag k="name" v="Cal &quot;Joan&quot; é"/>
  <tag k="addr:street" v="Carrer Major"/><tag k="addr:housenumber" v="5"/><tag k="addr:city" v="Encamp"/></node>
 <node id="2" lat="42.6" lon="1.6"><tag k="amenity" v="bench"/></node>
 <node id="3" lat="42.6" lon="1.6"><tag k="name" v="a hill"/><tag k="natural" v="peak"/></node>
 <node id="4" lat="42.7" lon="1.7"><tag k="place" v="village"/><tag k="name" v="Vila"/></node>
 <node id="5" lat="42.7" lon="1.8"><tag k="railway" v="level_crossing"/><tag k="name" v="no station"/></node>
 <node id="6" lat="42.7" lon="1.9"><tag k="railway" v="halt"/><tag k="name" v="halt"/></node>
 <node id="7" lat="42.7" lon="1.9"><tag k="shop" v="no"/><tag k="name" v="closed"/></node>
 <node id="11" lat="10" lon="20"/><node id="12" lat="10" lon="22"/>
 <node id="13" lat="14" lon="22"/><node id="14" lat="14" lon="20"/>
 <node id="21" lat="50" lon="60"/><node id="22" lat="52" lon="64"/>
 <way id="1"><nd ref="11"/><nd ref="12"/><nd ref="13"/><nd ref="14"/><nd ref="11"/>
  <tag k="shop" v="yes"/><tag k="name" v="the shop"/></way>
 <way id="2"><nd ref="21"/><nd ref="999"/><tag k="leisure" v="park"/><tag k="name" v="cut off"/></way>
 <way id="3"><nd ref="998"/><tag k="leisure" v="park"/><tag k="name" v="outside"/></way>
 <way id="4"><nd ref="21"/><nd ref="22"/></way>
 <way id="5"><nd ref="11"/><nd ref="12"/></way>
 <relation id="1"><member type="way" ref="4" role="outer"/><member type="way" ref="997" role="outer"/>
  <member type="way" ref="5" role="inner"/><member type="node" ref="1" role="label"/>
  <tag k="type" v="multipolygon"/><tag k="tourism" v="hotel"/><tag k="name" v="the hotel"/></relation>
 <relation id="2"><member type="way" ref="4" role=""/>
  <tag k="type" v="route"/><tag k="tourism" v="hotel"/><tag k="name" v="a route"/></relation>
</osm>
)";

std::vector<std::string> OsmListing() {
  return {
      "Cal \"Joan\" é | osm:node/1 | Carrer Major 5, Encamp | restaurant bar point_of_interest @ "
      "425000000 15000000",
      "Vila | osm:node/4 |  | village locality political @ 427000000 17000000",
      "halt | osm:node/6 |  | halt train_station point_of_interest @ 427000000 19000000",
      "the shop | osm:way/1 |  | shop store point_of_interest @ 120000000 210000000",
      "cut off | osm:way/2 |  | park point_of_interest @ 500000000 600000000",
      "the hotel | osm:relation/1 |  | hotel lodging point_of_interest @ 510000000 620000000"};
}

std::string Gzipped(std::string_view text) {
  const TestFolder folder;
  const std::string path = folder / "x.gz";
  gzFile file = ::gzopen(path.c_str(), "wb");
  ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  ::gzclose(file);
  return ReadAll(path);
}

TEST(ImportOsm, ReadsNodesWaysAndMultipolygons) {
  const TestFolder folder;
  const auto done = Import({folder.Write("a.osm", kOsm)}, folder / "index");
  ASSERT_TRUE(done) << done.error();
  EXPECT_THAT(Listing(folder / "index"), testing::UnorderedElementsAreArray(OsmListing()));
  EXPECT_EQ(done->files[0].nameless, 1U);
  EXPECT_EQ(done->files[0].misplaced, 1U);
  EXPECT_EQ(Index::Open(folder / "index")->Sources()[0].attribution,
            "© OpenStreetMap contributors, ODbL");
}

TEST(ImportOsm, ReadsGzipWhateverTheFileIsCalled) {
  const TestFolder folder;
  const auto done = Import({folder.Write("a.csv", Gzipped(kOsm))}, folder / "index");
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(done->files[0].format, "OpenStreetMap XML, gzip");
  EXPECT_THAT(Listing(folder / "index"), testing::UnorderedElementsAreArray(OsmListing()));
}

// Every format cut short at every byte (or every few): an error, and the index that was there
// stays.
TEST(ImportPlaces, RefusesTruncatedFilesAndKeepsTheOldIndex) {
  const TestFolder folder;
  ASSERT_TRUE(Import({folder.Write("old.csv", kCsv)}, folder / "index"));
  const std::string old = ReadAll(folder / "index");
  const std::map<std::string, std::string> files{
      {"cities.json", std::string(kCities)},
      {"a.geojson", std::string(kGeoJson)},
      {"a.osm", std::string(kOsm)},
      {"a.osm.gz", Gzipped(kOsm)},
  };
  for (const auto& [name, bytes] : files) {
    const std::size_t step = bytes.size() / 97 + 1;
    // Up to the last byte that is not white space.
    const std::size_t end = name == "a.osm.gz" ? bytes.size() : bytes.find_last_not_of('\n');
    for (std::size_t size = 0; size < end; size += end - size > 10 ? step : 1) {
      const auto file = folder.Write(name, bytes.substr(0, size));
      const std::string error = ErrorOf(Import({file}, folder / "index"));
      EXPECT_THAT(error, testing::StartsWith(file.string() + ":"))
          << size << " of " << bytes.size();
    }
  }
  EXPECT_EQ(ReadAll(folder / "index"), old);
}

TEST(ImportPlaces, TellsWhatAForeignFileIs) {
  const TestFolder folder;
  const auto error = [&](std::string_view bytes) {
    return ErrorOf(Import({folder.Write("f", bytes)}, folder / "index"));
  };
  EXPECT_THAT(error(""), EndsWith("f: is empty"));
  EXPECT_THAT(error("<gpx></gpx>"), HasSubstr("its first element is <gpx>"));
  EXPECT_THAT(error("<?xml version='1.0'?><osmChange/>"), HasSubstr("changes to OpenStreetMap"));
  EXPECT_THAT(error(std::string_view("\x7F"
                                     "ELF\0\0",
                                     6)),
              HasSubstr("neither OpenStreetMap"));
  EXPECT_THAT(error(Gzipped("name,lat,lon\n")), HasSubstr("unpack it first"));
  EXPECT_THAT(error(R"({"type":"Feature"})"), HasSubstr("not a GeoJSON FeatureCollection"));
  EXPECT_THAT(error(R"([1,2,3])"), HasSubstr("near byte"));
  EXPECT_THAT(error(R"([{"name":"x"}] [])"), HasSubstr("f"));
  EXPECT_THAT(error(R"([{"name":"x","lng":"1.5":"03","y":""},{"name":"x","lat":1,"lng":2}])"),
              HasSubstr("near byte"));
  EXPECT_THAT(error(R"([{"city":"x"}])"), HasSubstr("no place with a name"));
  EXPECT_THAT(error("<osm version='0.6'></osm>"), HasSubstr("no place with a name"));
  EXPECT_THAT(ErrorOf(Import({folder / "none"}, folder / "index")),
              HasSubstr("none: No such file"));
  EXPECT_THAT(ErrorOf(Import({folder / ""}, folder / "index")), HasSubstr("not a regular file"));
  EXPECT_EQ(folder.FileCount(), 1U);
}

TEST(ImportPlaces, PutsSeveralFilesIntoOneIndexAndTellsHowFarItIs) {
  const TestFolder folder;
  const std::vector files{folder.Write("a.csv", kCsv), folder.Write("a.osm", kOsm),
                          folder.Write("a.geojson", kGeoJson)};
  std::vector<double> fractions;
  std::vector<std::string> labels;
  const auto done =
      ImportPlaces(files, folder / "index", "", [&](double fraction, std::string_view label) {
        fractions.push_back(fraction);
        if (labels.empty() || labels.back() != label) labels.emplace_back(label);
      });
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(done->written, 10U);
  EXPECT_THAT(labels, ElementsAre("a.csv", "a.osm", "a.geojson"));
  EXPECT_TRUE(std::ranges::is_sorted(fractions));
  EXPECT_EQ(fractions.front(), 0);
  EXPECT_DOUBLE_EQ(fractions.back(), 1);
}

// Real extracts: the nearest places, against a search through all of them.
class Extracts : public testing::TestWithParam<const char*> {};

TEST_P(Extracts, HaveTheNearestPlacesThatBruteForceFinds) {
  const std::filesystem::path file = SharedData(GetParam());
  if (file.empty()) GTEST_SKIP() << GetParam() << " is not here; set HERD_SHARED_DATA";
  const TestFolder folder;
  const auto done = Import({file}, folder / "index");
  ASSERT_TRUE(done) << done.error();
  EXPECT_GT(done->written, 100U);
  const auto index = Index::Open(folder / "index");
  ASSERT_TRUE(index) << index.error();
  for (std::uint64_t i = 0; i < index->PlaceCount(); i += 5) {
    geo::LatLng center = geo::ToLatLng(index->At({i}).position);
    center.lat_deg += 1e-3;
    for (const double radius : {100.0, 1000.0, 10'000.0, 50'000.0}) {
      const auto found = index->Nearest(center, {radius}, 20);
      EXPECT_EQ(Numbers(found), Numbers(NearestByBruteForce(*index, center, {radius}, 20)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, Extracts, testing::Values("andorra.osm.pbf", "monaco.osm.gz"));

TEST(ImportOsm, RefusesATruncatedPbf) {
  const std::filesystem::path file = SharedData("andorra.osm.pbf");
  if (file.empty()) GTEST_SKIP() << "andorra.osm.pbf is not here; set HERD_SHARED_DATA";
  const TestFolder folder;
  const std::string bytes = ReadAll(file);
  for (const std::size_t size :
       {std::size_t{3}, std::size_t{10}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    const auto cut = folder.Write("cut.osm.pbf", bytes.substr(0, size));
    EXPECT_THAT(ErrorOf(Import({cut}, folder / "index")), HasSubstr("cut.osm.pbf: ")) << size;
  }
  EXPECT_EQ(folder.FileCount(), 1U);
}

// With a mapping of the file this ended the process (SIGBUS).
TEST(ImportPlaces, RefusesAFileThatIsCutShortWhileItIsRead) {
  const TestFolder folder;
  std::string csv = "name,lat,lon\n";
  for (int i = 0; i < 20'000; ++i) csv += "a place,1.5," + std::to_string(i % 180) + "\n";
  const std::filesystem::path file = folder.Write("places.csv", csv);
  const std::array files{file};
  bool cut = false;
  const auto done =
      ImportPlaces(files, folder / "index", "", [&](double fraction, std::string_view) {
        if (fraction > 0 && !std::exchange(cut, true)) std::filesystem::resize_file(file, 100);
      });
  EXPECT_TRUE(cut);
  EXPECT_EQ(ErrorOf(done),
            file.string() + ": was changed while it was read: try again when it is whole");
  EXPECT_FALSE(std::filesystem::exists(folder / "index"));
  EXPECT_EQ(folder.FileCount(), 1U);
}

}  // namespace
}  // namespace herd::places
