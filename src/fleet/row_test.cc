#include "fleet/row.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::OwnedAt;

constexpr HashKey kKey{{42}};
constexpr wire::UnixNanos kReceipt{1'520'023'934'263'873'386};

// What fits as numbers, what does not, and what is just between.
rc::Gen<OwnedAt> AnyShape() {
  const auto server =
      rc::gen::element<std::string>("H", "Hands", std::string(wire::kServerIdBytesMax, 's'));
  const auto client = rc::gen::element<std::string>(
      "a", "kiwi.cs.ucla.edu", std::string(Row::kInlineIdBytes, 'x'),
      std::string(Row::kInlineIdBytes + 1, 'y'), std::string(wire::kClientIdBytesMax, 'z'));
  const auto location = rc::gen::element<std::string>(
      "+34.068930-118.445127", "+0-0", "-00.0+000.0", "-90-180", "+90.0000000+180.0000000/",
      "+34.0689301234-118.445127", "+3404.5-11826.1", "+1+1+10CRSWGS_84/", "-");
  const auto time = rc::gen::element<std::string>("1520023934.918963997", "0", "-0", "-1.5", "007",
                                                  "1520023934.9189639971", "12.000000000");
  return rc::gen::apply(
      [](const std::string& a_server, const std::string& a_client, const std::string& a_location,
         const std::string& a_time, int seconds) {
        return OwnedAt(a_server, a_client, a_location, a_time,
                       wire::UnixNanos{kReceipt.value + seconds});
      },
      server, client, location, time, rc::gen::inRange(-2, 3));
}

TEST(Row, IsUnusedUntilItIsGivenAReport) {
  Row row;
  EXPECT_FALSE(row.in_use());
  row.Assign(OwnedAt("Hands", "kiwi", "+1-1", "5", kReceipt).at(), LinkId{3});
  EXPECT_TRUE(row.in_use());
  EXPECT_EQ(row.from(), LinkId{3});
  EXPECT_EQ(row.position(), (geo::LatLngE7{.lat = 10'000'000, .lng = -10'000'000}));
  row.Clear();
  EXPECT_FALSE(row.in_use());
}

TEST(Row, KeepsChangeNumbersOf48Bits) {
  Row row;
  row.set_change(ChangeNumber{0xFEDC'BA98'7654});
  EXPECT_EQ(row.change(), ChangeNumber{0xFEDC'BA98'7654});
}

RC_GTEST_PROP(Row, GivesBackEveryReportByteForByte, ()) {
  Row row;
  for (const OwnedAt& report : *rc::gen::container<std::vector<OwnedAt>>(AnyShape())) {
    if (row.in_use() && row.client() != report.at().client) row.Clear();
    row.Assign(report.at(), kFromClient);
    RC_ASSERT(row.at_line() == report.line());
    RC_ASSERT(row.server() == report.at().server);
    RC_ASSERT(row.client() == report.at().client);
    RC_ASSERT(row.receipt() == report.at().receipt);
    RC_ASSERT(row.forgotten() == (report.at().location_text == "-"));
    RC_ASSERT(std::is_eq(row.Compare(report.at())));
  }
}

RC_GTEST_PROP(Row, HasTheHashOfItsReportWhichDependsOnTheWholeLine, ()) {
  const auto [a, b] = *rc::gen::pair(AnyShape(), AnyShape());
  Row row;
  row.Assign(a.at(), kFromClient);
  const auto hash = [&](const HashKey& key) {
    return row.hash(key, HashClient(key, row.client()));
  };
  RC_ASSERT(hash(kKey) == HashReport(kKey, a.at()));
  RC_ASSERT((hash(kKey) == HashReport(kKey, b.at())) == (a.line() == b.line()));
  RC_ASSERT(hash(kKey) != hash(HashKey{{43}}));
}

// The hash is part of the protocol between servers, which must not change by accident. These were
// computed from the document by tests/hashes.py.
TEST(Row, HasAHashThatStays) {
  const OwnedAt numbers("Hands", "kiwi", "+34.068930-118.445127", "1520023934.918963997", kReceipt);
  EXPECT_EQ(HashReport(kKey, numbers.at()), RowHash{0xB9F06E3EF32A9E8B});
  const OwnedAt text("Hands", "kiwi", "+3404.5-11826.1", "1520023934.918963997", kReceipt);
  EXPECT_EQ(HashReport(kKey, text.at()), RowHash{0x26861976F09B6595});
}

}  // namespace
}  // namespace herd::fleet
