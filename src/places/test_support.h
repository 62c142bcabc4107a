#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "geo/distance.h"
#include "geo/lat_lng_e7.h"
#include "places/import.h"
#include "places/index.h"

namespace herd::places {

// A folder of the test's own, gone with it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "herd_places.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  std::filesystem::path Write(std::string_view name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

  std::size_t FileCount() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_),
                                                  std::filesystem::directory_iterator()));
  }

 private:
  std::filesystem::path path_;
};

inline std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file of the data that the repository's tests share; empty where that is not there.
inline std::filesystem::path SharedData(std::string_view name) {
  const char* folder = std::getenv("HERD_SHARED_DATA");
  const std::filesystem::path path =
      std::filesystem::path(folder != nullptr ? folder : HERD_SHARED_DATA_DEFAULT) / name;
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

inline std::expected<ImportSummary, std::string> Import(std::vector<std::filesystem::path> files,
                                                        const std::filesystem::path& index) {
  return ImportPlaces(files, index, "their attribution", [](double, std::string_view) {});
}

// What Index::Nearest must give, by looking at every place.
inline std::vector<Index::Near> NearestByBruteForce(const Index& index, const geo::LatLng& center,
                                                    geo::Metres radius, std::size_t count_max) {
  std::vector<Index::Near> all;
  for (std::uint64_t i = 0; i < index.PlaceCount(); ++i) {
    const geo::Metres distance = geo::Distance(center, geo::ToLatLng(index.At({i}).position));
    if (distance <= radius) all.push_back({{i}, distance});
  }
  std::ranges::sort(all, [](const Index::Near& a, const Index::Near& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.place < b.place;
  });
  if (all.size() > count_max) all.resize(count_max);
  return all;
}

inline std::vector<std::uint64_t> Numbers(const std::vector<Index::Near>& near) {
  std::vector<std::uint64_t> numbers;
  for (const Index::Near& one : near) numbers.push_back(one.place.value);
  return numbers;
}

}  // namespace herd::places
