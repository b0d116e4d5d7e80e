#include "core/config/scalar.h"

#include <gtest/gtest.h>

#include <limits>

namespace nf {
namespace {

TEST(Scalar, ReadsIntegers) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-0"), 0);
  EXPECT_EQ(parse_integer("+5"), 5);
  EXPECT_EQ(parse_integer("-42"), -42);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<Index>::max());
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<Index>::min());
}

TEST(Scalar, RefusesWhatIsNoInteger) {
  for (const char* text : {"", "-", "+", "010", "-01", "00", "0x10", "0o7", "1_000", "1.0", "1e3",
                           " 1", "1 ", "+-1", "1:30", "9223372036854775808", "banana"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(Scalar, ReadsNumbers) {
  EXPECT_EQ(parse_number("7"), 7.0);
  EXPECT_EQ(parse_number("1e-3"), 0.001);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("1."), 1.0);
  EXPECT_EQ(parse_number("+1.25"), 1.25);
  EXPECT_EQ(parse_number("-2.5E+7"), -2.5e7);
  EXPECT_EQ(parse_number("0.1"), 0.1);
  EXPECT_EQ(parse_number("1e+22"), 1e22);
}

TEST(Scalar, RefusesWhatIsNoNumber) {
  for (const char* text : {"", ".", "-.", "e5", ".e5", "1e", "1e+", "1.2.3", "00.5", "0x1p3",
                           ".inf", "inf", "nan", ".nan", "1e999", "1,5", "1f", "--1"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(Scalar, KnowsTwoTruthValuesAndWhatOthersMeant) {
  EXPECT_EQ(parse_bool("true"), true);
  EXPECT_EQ(parse_bool("false"), false);
  for (const char* text : {"yes", "True", "ON", "y"}) {
    EXPECT_EQ(parse_bool(text), std::nullopt) << text;
    EXPECT_EQ(meant_bool(text), true) << text;
  }
  for (const char* text : {"no", "False", "off"}) EXPECT_EQ(meant_bool(text), false) << text;
  EXPECT_EQ(meant_bool("maybe"), std::nullopt);
}

TEST(Scalar, KnowsNull) {
  EXPECT_TRUE(is_null_text(""));
  EXPECT_TRUE(is_null_text("~"));
  EXPECT_TRUE(is_null_text("null"));
  EXPECT_FALSE(is_null_text("0"));
}

}  // namespace
}  // namespace nf
