#include "core/config/duration.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(Duration, IsANumberWithAUnit) {
  EXPECT_EQ(parse_duration("60s"), 60.0);
  EXPECT_EQ(parse_duration("1.5m"), 90.0);
  EXPECT_EQ(parse_duration("2 h"), 7200.0);
  EXPECT_EQ(parse_duration("250ms"), 0.25);
  EXPECT_EQ(parse_duration("0"), 0.0);
  EXPECT_EQ(parse_duration("0s"), 0.0);
}

TEST(Duration, IsNothingElse) {
  for (const char* text :
       {"", "s", "60", "-1s", "1e3s", "60 ", "60sec", "1m30s", "5 M", "nan", ".s", "0 ", "1..2s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace nf
