#include "cli/degrees.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "wire/iso6709.h"

namespace herd::cli {
namespace {

TEST(LocationText, KeepsTheDigitsOfTheFile) {
  EXPECT_EQ(LocationText("31.4386", "32.32925"), "+31.4386+32.32925");
  EXPECT_EQ(LocationText("-34", "118"), "-34+118");
  EXPECT_EQ(LocationText("39.898573000", "116.391305"), "+39.898573000+116.391305");
  EXPECT_EQ(LocationText("+0.10", "-0.0"), "+0.10-0.0");
}

TEST(LocationText, PutsRightWhatIso6709DoesNotHave) {
  EXPECT_EQ(LocationText("-0.5", ".5"), "-0.5+0.5");
  EXPECT_EQ(LocationText("5.", "-.25"), "+5-0.25");
  EXPECT_EQ(LocationText(" 31.5\t", "\r32 "), "+31.5+32");
  EXPECT_EQ(LocationText("007.5", "00116.39"), "+07.5+116.39");
  EXPECT_EQ(LocationText("07.5", "016"), "+07.5+016");
}

TEST(LocationText, RefusesWhatIsNoDegrees) {
  for (const char* text : {"", " ", ".", "-", "+-5", "1e1", "5.1E-3", "nan", "inf", "0x10", "31,5",
                           "31.5N", "3 1", "1.2.3", "−5"}) {
    EXPECT_EQ(LocationText(text, "5").error(), DegreesFault::kLatitude) << text;
    EXPECT_EQ(LocationText("5", text).error(), DegreesFault::kLongitude) << text;
  }
  EXPECT_FALSE(LocationText("1." + std::string(100, '0'), "5"));
}

TEST(LocationText, RefusesWhatLiesOutsideTheGlobe) {
  EXPECT_TRUE(LocationText("90", "-180.000"));
  EXPECT_EQ(LocationText("90.0000001", "0").error(), DegreesFault::kLatitude);
  EXPECT_EQ(LocationText("116.39", "39.9").error(), DegreesFault::kLatitude);
  EXPECT_EQ(LocationText("0", "-180.0000001").error(), DegreesFault::kLongitude);
  EXPECT_EQ(LocationText("4012", "0").error(), DegreesFault::kLatitude);
}

RC_GTEST_PROP(LocationText, IsTheDigitsWithTheirSigns, ()) {
  const auto lat = *rc::gen::inRange(-89, 90);
  const auto lng = *rc::gen::inRange(-179, 180);
  const auto decimals = *rc::gen::container<std::string>(rc::gen::inRange('0', '9'));
  RC_PRE(decimals.size() <= 20);
  const std::string tail = decimals.empty() ? "" : "." + decimals;
  const auto text = LocationText(std::to_string(lat) + tail, std::to_string(lng) + tail);
  const auto with_sign = [](int value) { return (value < 0 ? "" : "+") + std::to_string(value); };
  RC_ASSERT(text.has_value());
  RC_ASSERT(*text == with_sign(lat) + tail + with_sign(lng) + tail);
}

RC_GTEST_PROP(LocationText, IsAlwaysIso6709OrAnError,
              (const std::string& lat, const std::string& lng)) {
  const auto text = LocationText(lat, lng);
  RC_ASSERT((!text || herd::wire::ParseIso6709(*text)));
}

}  // namespace
}  // namespace herd::cli
