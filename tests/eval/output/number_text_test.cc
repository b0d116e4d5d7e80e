#include "eval/output/number_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace nf {
namespace {

TEST(ShortNumber, KeepsTheSignificantDigits) {
  EXPECT_EQ(short_number(0.018012, 3), "0.0180");
  EXPECT_EQ(short_number(12.345, 3), "12.3");
  EXPECT_EQ(short_number(104832.0, 3), "104832");
  EXPECT_EQ(short_number(0.0, 3), "0");
}

TEST(ShortNumber, NeverShowsASmallNumberAsZero) {
  EXPECT_EQ(short_number(0.000123456, 3), "0.000123");
  EXPECT_EQ(short_number(1.234e-6, 3), "1.23e-06");
  EXPECT_EQ(short_number(-9.87e-12, 2), "-9.9e-12");
}

TEST(ShortNumber, CountsTheDigitsAfterRounding) {
  EXPECT_EQ(short_number(0.09999, 3), "0.100");
  EXPECT_EQ(short_number(9.9996, 3), "10.0");
  EXPECT_EQ(short_number(0.000099999, 3), "0.000100");
}

TEST(ShortNumber, TurnsToExponentsWhenLarge) {
  EXPECT_EQ(short_number(9.2e6, 3), "9200000");
  EXPECT_EQ(short_number(1.5e7, 3), "1.50e+07");
  EXPECT_EQ(short_number(std::numeric_limits<double>::infinity(), 3), "inf");
}

TEST(FixedNumber, HasAllItsDecimals) {
  EXPECT_EQ(fixed_number(31.7, 2), "31.70");
  EXPECT_EQ(fixed_number(0.001, 2), "0.00");
  EXPECT_EQ(fixed_number(2.5e12, 2), "2.50e+12");
  EXPECT_EQ(fixed_number(std::numeric_limits<double>::infinity(), 2), "inf");
}

TEST(FigureNumber, HasTwoDigitsBelowAHundredthAndElseThree) {
  EXPECT_EQ(figure_number(0.0101), "0.0101");
  EXPECT_EQ(figure_number(0.01), "0.0100");
  EXPECT_EQ(figure_number(0.009), "0.0090");
  EXPECT_EQ(figure_number(1.234e-6), "1.2e-06");
  EXPECT_EQ(figure_number(0.0), "0");
  EXPECT_EQ(figure_number(12.345), "12.3");
  EXPECT_EQ(figure_number(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(FigureNumber, LosesNoDigitWhereItCarries) {
  EXPECT_EQ(figure_number(0.0099), "0.0099");
  EXPECT_EQ(figure_number(0.00994), "0.0099");
  EXPECT_EQ(figure_number(0.00996), "0.0100");
  EXPECT_EQ(figure_number(0.009991), "0.0100");
  EXPECT_EQ(figure_number(-0.0099926), "-0.0100");
  EXPECT_EQ(figure_number(0.0009996), "0.0010");
  EXPECT_EQ(figure_number(0.09996), "0.100");
}

TEST(SignedFigure, HasASignExceptOfZero) {
  EXPECT_EQ(signed_figure(0.0185), "+0.0185");
  EXPECT_EQ(signed_figure(-0.0185), "-0.0185");
  EXPECT_EQ(signed_figure(0.009991), "+0.0100");
  EXPECT_EQ(signed_figure(0.0), "0");
}

TEST(SpreadNumber, HasNoMoreDecimalsThanItsMean) {
  EXPECT_EQ(spread_number(0.0421, "33.12"), "0.04");
  EXPECT_EQ(spread_number(0.000612, "0.0180"), "0.0006");
  EXPECT_EQ(spread_number(1.26, "33.12"), "1.3");
  EXPECT_EQ(spread_number(0.0, "33.12"), "0");
}

TEST(SpreadNumber, NeverVanishes) {
  EXPECT_EQ(spread_number(0.0021, "33.12"), "0.002");
  EXPECT_EQ(spread_number(4.2e-8, "33.12"), "4e-08");
  EXPECT_EQ(spread_number(5.13e-8, "1.23e-06"), "5.1e-08");
}

TEST(DecimalsOf, CountsTheDigitsBehindThePoint) {
  EXPECT_EQ(decimals_of("0.0180"), 4);
  EXPECT_EQ(decimals_of("-12.5"), 1);
  EXPECT_EQ(decimals_of("105000"), 0);
}

}  // namespace
}  // namespace nf
