#include "places/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace herd::places {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::expected<Rows, std::string> Read(std::string_view text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  Rows rows;
  std::vector<std::string> row;
  while (true) {
    const auto read = reader.Next(row);
    if (!read) return std::unexpected(std::to_string(reader.Line()) + ": " + read.error());
    if (!*read) return rows;
    rows.push_back(row);
  }
}

TEST(CsvReader, ReadsRowsWithAnyLineEnd) {
  const Rows expected{{"a", "b"}, {"c", ""}, {"", "d"}};
  EXPECT_EQ(Read("a,b\nc,\n,d\n"), expected);
  EXPECT_EQ(Read("a,b\r\nc,\r\n,d"), expected);
  EXPECT_EQ(Read("a,b\rc,\r,d\r"), expected);
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "a,b\n\n\nc,\n\r\n,d\n"),
            expected);
}

TEST(CsvReader, ReadsQuotedFields) {
  EXPECT_EQ(Read("\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\"\n"),
            (Rows{{"a,b", "say \"hi\""}, {"two\nlines", ""}}));
  EXPECT_EQ(Read("\"a\tb\"\tc\n", '\t'), (Rows{{"a\tb", "c"}}));
}

TEST(CsvReader, KeepsAQuoteInsideOfAField) {
  EXPECT_EQ(Read("6\" pipe,x\n"), (Rows{{"6\" pipe", "x"}}));
}

TEST(CsvReader, HasNoRowsInNothing) {
  EXPECT_EQ(Read(""), Rows{});
  EXPECT_EQ(Read("\n\r\n\r"), Rows{});
}

TEST(CsvReader, NamesTheLineOfAnError) {
  EXPECT_EQ(Read("a\n\"b\nc\"\n\"d\"e\n"),
            std::unexpected("4: there is text after the closing quote of a field"));
  EXPECT_EQ(Read("a\r\nb\r\n\"c\r\n"), std::unexpected("3: a quote is opened and never closed"));
}

RC_GTEST_PROP(CsvReader, ReadsBackWhatWasQuoted, ()) {
  const auto rows = *rc::gen::container<Rows>(rc::gen::container<std::vector<std::string>>(
      3, rc::gen::container<std::string>(rc::gen::elementOf(std::string("a,\";\n\r \xC3\xA9")))));
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      text += '"';
      for (const char c : row[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += "\r\n";
  }
  RC_ASSERT(Read(text).value() == rows);
}

}  // namespace
}  // namespace herd::places
