#include "eval/output/csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/base/error.h"

namespace nf {
namespace {

TEST(CsvNumber, IsTheShortestDecimalThatReadsBack) {
  EXPECT_EQ(csv_number(0.1), "0.1");
  EXPECT_EQ(csv_number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(csv_number(3.0), "3");
  EXPECT_EQ(csv_number(1e-5), "1e-05");
  EXPECT_EQ(csv_number(-2.5e300), "-2.5e+300");
  const double least = std::numeric_limits<double>::denorm_min();
  for (const double value : {1.0 / 3.0, 6.02214076e23, 1e-310, least, std::nextafter(1.0, 2.0)})
    EXPECT_EQ(std::strtod(csv_number(value).c_str(), nullptr), value);
}

TEST(CsvNumber, SpellsWhatIsNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(csv_number(infinity), "inf");
  EXPECT_EQ(csv_number(-infinity), "-inf");
}

TEST(CsvNumber, LeavesWhatIsNotKnownEmpty) {
  EXPECT_EQ(csv_number(-std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_EQ(csv_number(std::optional<double>()), "");
  EXPECT_EQ(csv_number(std::optional(0.5)), "0.5");
}

TEST(CsvCount, HasNoExponent) {
  EXPECT_EQ(csv_number(100000.0), "1e+05");
  EXPECT_EQ(csv_count(100000.0), "100000");
  EXPECT_EQ(csv_count(2.9999999), "3");
}

TEST(CsvValue, WritesEachTypeOfAnExperimentFile) {
  EXPECT_EQ(csv_value("gaussian"), "gaussian");
  EXPECT_EQ(csv_value(0.05), "0.05");
  EXPECT_EQ(csv_value(4), "4");
  EXPECT_EQ(csv_value(true), "true");
  EXPECT_EQ(csv_value(nullptr), "");
  EXPECT_EQ(csv_value(Json::parse(R"({"group": 64, "axis": "in"})")), "per-ic64");
}

TEST(CsvText, QuotesOnlyWhatNeedsIt) {
  CsvText csv({"name", "note"});
  csv.add_row({"plain text", "a;b'c"});
  csv.add_row({"one, two", "say \"hi\""});
  csv.add_row({"two\nlines", "carriage\rreturn"});
  csv.add_row({"", "Δ"});
  EXPECT_EQ(csv.text(),
            "name,note\n"
            "plain text,a;b'c\n"
            "\"one, two\",\"say \"\"hi\"\"\"\n"
            "\"two\nlines\",\"carriage\rreturn\"\n"
            ",Δ\n");
}

TEST(CsvText, RefusesARowOfAnotherLength) {
  CsvText csv({"a", "b"});
  EXPECT_THROW(csv.add_row({"1"}), InternalError);
}

}  // namespace
}  // namespace nf
