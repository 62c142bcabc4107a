#include "places/index.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "places/index_builder.h"
#include "places/test_support.h"

namespace herd::places {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

NewPlace PlaceAt(double lat_deg, double lng_deg, std::string_view name, std::string_view id = {}) {
  return {.name = name,
          .lat_deg = lat_deg,
          .lng_deg = lng_deg,
          .id = id,
          .vicinity = "a street",
          .types = "cafe point_of_interest"};
}

void WriteSample(const std::filesystem::path& path) {
  IndexBuilder builder;
  const auto towns = builder.AddSource("towns.json", "who made it", "towns");
  const auto shops = builder.AddSource("shops.csv", "", "shops");
  builder.Add(towns, PlaceAt(42.5, 1.5, "Sant Julià"));
  builder.Add(shops, PlaceAt(-90, 180, "the end", "id 1"));
  builder.Add(shops, PlaceAt(90, -180, "the other end", "id 2"));
  ASSERT_TRUE(std::move(builder).Write(path));
}

std::string OpenError(const std::filesystem::path& path) {
  const auto index = Index::Open(path);
  return index ? "opened" : index.error();
}

// Makes both checksums right again, as one would who writes a wrong index on purpose.
void FixChecksums(std::string& bytes) {
  const auto checksum = [](std::string_view part) {
    return static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(part.data()), part.size()));
  };
  format::Header header{};
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.body_checksum = checksum(std::string_view(bytes).substr(sizeof(header)));
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.header_checksum =
      checksum(std::string_view(bytes).substr(0, offsetof(format::Header, header_checksum)));
  std::memcpy(bytes.data(), &header, sizeof(header));
}

TEST(Index, GivesBackWhatWasWritten) {
  const TestFolder folder;
  WriteSample(folder / "index");
  const auto index = Index::Open(folder / "index");
  ASSERT_TRUE(index) << index.error();
  ASSERT_EQ(index->PlaceCount(), 3U);
  const auto near = index->Nearest({42.5, 1.5}, {1}, 1);
  ASSERT_EQ(near.size(), 1U);
  const Index::Place place = index->At(near[0].place);
  EXPECT_EQ(place.name, "Sant Julià");
  EXPECT_EQ(place.vicinity, "a street");
  EXPECT_EQ(place.types, "cafe point_of_interest");
  EXPECT_EQ(place.types_json, R"(["cafe","point_of_interest"])");
  EXPECT_EQ(place.position, (geo::LatLngE7{425'000'000, 15'000'000}));
  EXPECT_TRUE(place.id.starts_with("towns:")) << place.id;
  ASSERT_EQ(index->Sources().size(), 2U);
  EXPECT_EQ(index->Sources()[place.source].name, "towns.json");
  EXPECT_EQ(index->Sources()[0].attribution, "who made it");
  EXPECT_EQ(index->Sources()[0].place_count, 1U);
  EXPECT_EQ(index->Sources()[1].place_count, 2U);
}

TEST(Index, IsTheSameFileWhateverTheOrderOfThePlaces) {
  const TestFolder folder;
  for (const bool forward : {true, false}) {
    IndexBuilder builder;
    const auto source = builder.AddSource("x", "", "x");
    for (int i = 0; i < 100; ++i) {
      const int n = forward ? i : 99 - i;
      const std::string id = std::to_string(n);
      builder.Add(source, PlaceAt(n % 7, n % 3, "name", id));
    }
    ASSERT_TRUE(std::move(builder).Write(folder / (forward ? "a" : "b")));
  }
  EXPECT_EQ(ReadAll(folder / "a"), ReadAll(folder / "b"));
}

TEST(IndexBuilder, SaysWhatItCannotTake) {
  IndexBuilder builder;
  const auto source = builder.AddSource("x", "", "x");
  using enum IndexBuilder::Outcome;
  EXPECT_EQ(builder.Add(source, PlaceAt(0, 0, " \t")), kNameless);
  EXPECT_EQ(builder.Add(source, PlaceAt(90.001, 0, "x")), kMisplaced);
  EXPECT_EQ(builder.Add(source, PlaceAt(0, -180.001, "x")), kMisplaced);
  EXPECT_EQ(builder.Add(source, PlaceAt(std::nan(""), 0, "x")), kMisplaced);
  EXPECT_EQ(builder.Add(source, PlaceAt(0, HUGE_VAL, "x")), kMisplaced);
  EXPECT_EQ(builder.Add(source, PlaceAt(0, 0, "x")), kAdded);
}

TEST(IndexBuilder, KeepsOneOfWhatCameTwice) {
  const TestFolder folder;
  IndexBuilder builder;
  const auto first = builder.AddSource("first", "", "x");
  const auto second = builder.AddSource("second", "", "x");
  builder.Add(first, PlaceAt(1, 1, "x", "1"));
  builder.Add(second, PlaceAt(1, 1, "x", "1"));
  builder.Add(second, PlaceAt(1, 1, "x", "2"));
  EXPECT_EQ(std::move(builder).Write(folder / "index"), 2U);
}

TEST(IndexBuilder, CutsTextsThatAreTooLongBetweenCharacters) {
  const TestFolder folder;
  IndexBuilder builder;
  std::string name = "x";
  while (name.size() < 3 * kTextBytesMax) name += "é";
  builder.Add(builder.AddSource("x", "", "x"), PlaceAt(1, 1, name));
  ASSERT_TRUE(std::move(builder).Write(folder / "index"));
  const auto index = Index::Open(folder / "index");
  ASSERT_TRUE(index) << index.error();
  EXPECT_EQ(index->At({0}).name, std::string_view(name).substr(0, kTextBytesMax - 1));
}

TEST(IndexBuilder, LeavesNothingBehindWhereItCannotWrite) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "index");
  IndexBuilder builder;
  const auto written = std::move(builder).Write(folder / "index");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error(), HasSubstr("Is a directory"));
  EXPECT_EQ(folder.FileCount(), 1U);
}

TEST(IndexBuilder, MakesTheFoldersItNeeds) {
  const TestFolder folder;
  WriteSample(folder / "a/b/index");
  EXPECT_EQ(OpenError(folder / "a/b/index"), "opened");
}

TEST(Index, RefusesWhatIsNotOne) {
  const TestFolder folder;
  EXPECT_THAT(OpenError(folder / "none"), EndsWith("none: No such file or directory"));
  EXPECT_THAT(OpenError(folder / ""), HasSubstr("not a regular file"));
  EXPECT_THAT(OpenError(folder.Write("empty", "")), EndsWith("empty: not a Herd places index"));
  EXPECT_THAT(OpenError(folder.Write("text", std::string(1000, 'x'))),
              HasSubstr("not a Herd places index"));
  EXPECT_THAT(OpenError(folder.Write("magic", "HERDPLC\n")), HasSubstr("truncated"));
}

TEST(Index, RefusesAnotherVersion) {
  const TestFolder folder;
  WriteSample(folder / "index");
  std::string bytes = ReadAll(folder / "index");
  bytes[8] = 99;
  EXPECT_THAT(OpenError(folder.Write("other", bytes)), HasSubstr("of format version 99"));
}

TEST(Index, RefusesEveryTruncation) {
  const TestFolder folder;
  WriteSample(folder / "index");
  const std::string bytes = ReadAll(folder / "index");
  for (std::size_t size = 8; size < bytes.size(); ++size) {
    EXPECT_THAT(OpenError(folder.Write("cut", bytes.substr(0, size))), HasSubstr("truncated"))
        << size;
  }
  EXPECT_THAT(OpenError(folder.Write("long", bytes + "x")), HasSubstr("longer than it should be"));
}

TEST(Index, RefusesEveryFlippedBit) {
  const TestFolder folder;
  WriteSample(folder / "index");
  const std::string bytes = ReadAll(folder / "index");
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const std::string error = OpenError(folder.Write("flipped", flipped));
    const std::string_view expected = bit < 64   ? "not a Herd places index"
                                      : bit < 96 ? "of format version"
                                                 : "checksum does not match: import it again";
    EXPECT_THAT(error, HasSubstr(expected)) << "bit " << bit;
  }
}

// Right checksums do not make it right: nothing in the file may lead outside of it.
TEST(Index, RefusesContradictionsUnderRightChecksums) {
  const TestFolder folder;
  WriteSample(folder / "index");
  const std::string bytes = ReadAll(folder / "index");
  const format::Layout layout(3, 2, 2, 0);
  const auto broken = [&](std::uint64_t offset, auto value) {
    std::string copy = bytes;
    std::memcpy(copy.data() + offset, &value, sizeof(value));
    FixChecksums(copy);
    return OpenError(folder.Write("broken", copy));
  };
  constexpr auto kHuge32 = std::uint32_t{0xFFFFFFF0};
  constexpr auto kHuge64 = std::uint64_t{0xFFFFFFFFFFFFFFF0};
  const auto contradicts = HasSubstr("contradicts itself");
  EXPECT_THAT(broken(offsetof(format::Header, place_count), kHuge64), contradicts);
  EXPECT_THAT(broken(offsetof(format::Header, place_count), std::uint64_t{2}), contradicts);
  EXPECT_THAT(broken(offsetof(format::Header, text_size), kHuge64), contradicts);
  EXPECT_THAT(broken(offsetof(format::Header, kind_count), kHuge32), contradicts);
  EXPECT_THAT(broken(offsetof(format::Header, source_count), kHuge32), contradicts);
  EXPECT_THAT(broken(layout.positions, std::int32_t{900'000'001}), contradicts);
  EXPECT_THAT(broken(layout.positions + 4, std::int32_t{-1'800'000'001}), contradicts);
  EXPECT_THAT(broken(layout.details, kHuge32), contradicts);
  EXPECT_THAT(broken(layout.details + offsetof(format::Detail, name_size), std::uint16_t{0xFFFF}),
              contradicts);
  EXPECT_THAT(broken(layout.details + offsetof(format::Detail, kind), std::uint32_t{2}),
              contradicts);
  EXPECT_THAT(broken(layout.kinds, kHuge64), contradicts);
  EXPECT_THAT(broken(layout.kinds + 8, kHuge64), contradicts);
  EXPECT_THAT(broken(layout.kinds + offsetof(format::Kind, source), std::uint32_t{2}), contradicts);
  EXPECT_THAT(broken(layout.sources, kHuge64), contradicts);
  EXPECT_THAT(broken(layout.sources + offsetof(format::Source, attribution), kHuge64), contradicts);
}

TEST(Index, RefusesBlocksOutOfOrder) {
  const TestFolder folder;
  IndexBuilder builder;
  const auto source = builder.AddSource("x", "", "x");
  for (std::uint64_t i = 0; i < 2 * format::kBlockPlaces + 1; ++i) {
    builder.Add(source, PlaceAt(static_cast<double>(i), 0, "x"));
  }
  ASSERT_TRUE(std::move(builder).Write(folder / "index"));
  EXPECT_EQ(OpenError(folder / "index"), "opened");
  std::string bytes = ReadAll(folder / "index");
  std::swap_ranges(bytes.begin() + sizeof(format::Header),
                   bytes.begin() + sizeof(format::Header) + 8,
                   bytes.begin() + sizeof(format::Header) + 8);
  FixChecksums(bytes);
  EXPECT_THAT(OpenError(folder.Write("broken", bytes)), HasSubstr("contradicts itself"));
}

TEST(Index, OutlivesItsReplacement) {
  const TestFolder folder;
  WriteSample(folder / "index");
  const auto old = Index::Open(folder / "index");
  ASSERT_TRUE(old) << old.error();
  IndexBuilder builder;
  ASSERT_TRUE(std::move(builder).Write(folder / "index"));
  EXPECT_EQ(old->Nearest({42.5, 1.5}, {1}, 1).size(), 1U);
  EXPECT_EQ(Index::Open(folder / "index")->PlaceCount(), 0U);
  EXPECT_EQ(folder.FileCount(), 1U);
}

}  // namespace
}  // namespace herd::places
