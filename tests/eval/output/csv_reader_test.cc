#include "eval/output/csv_reader.h"

#include <gtest/gtest.h>

#include "eval/output/csv.h"

namespace nf {
namespace {

using Lines = std::vector<std::vector<std::string>>;

TEST(CsvReader, ReadsWhatCsvTextWrites) {
  const Lines lines = {{"a", "b \"c\""},
                       {"", "x,y"},
                       {"line\nbreak", "\"\""},
                       {"plain", "carriage\rreturn"},
                       {"", ""}};
  CsvText csv(lines.front());
  for (std::size_t i = 1; i < lines.size(); ++i) csv.add_row(lines[i]);
  EXPECT_EQ(parse_csv(csv.text()), lines);
}

TEST(CsvReader, ReadsALastLineWithoutItsEnd) {
  EXPECT_EQ(parse_csv("a,b\n1,2"), (Lines{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(parse_csv("a\n"), Lines{{"a"}});
  EXPECT_EQ(parse_csv(""), Lines{});
}

}  // namespace
}  // namespace nf
