#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "memory_file.h"
#include "places/offline.h"

namespace {

// Without right checksums nearly everything would end at the first test.
void FixChecksums(std::string& bytes) {
  using herd::places::format::Header;
  if (bytes.size() < sizeof(Header)) return;
  const auto checksum = [&](std::size_t begin, std::size_t size) {
    const auto* part = reinterpret_cast<const Bytef*>(bytes.data() + begin);
    return static_cast<std::uint32_t>(::crc32_z(0, part, size));
  };
  Header header{};
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.file_size = bytes.size();
  header.body_checksum = checksum(sizeof(header), bytes.size() - sizeof(header));
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.header_checksum = checksum(0, offsetof(Header, header_checksum));
  std::memcpy(bytes.data(), &header, sizeof(header));
}

}  // namespace

// Opens any bytes as an index and, when that is possible, asks it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herd;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  FixChecksums(bytes);
  const fuzz::MemoryFile file(bytes.data(), bytes.size());
  auto index = places::Index::Open(file.path());
  if (!index) return 0;
  const places::OfflineProvider provider(std::move(*index));
  std::size_t seen = 0;
  for (std::uint64_t i = 0; i < provider.places().PlaceCount(); ++i) {
    const places::Index::Place place = provider.places().At({i});
    seen += provider.Nearby({geo::ToLatLng(place.position), {10'000}, 5}).json.size();
  }
  seen += provider.Nearby({{90, 0}, {3e7}, 20}).json.size();
  return seen == 0 ? -1 : 0;
}
