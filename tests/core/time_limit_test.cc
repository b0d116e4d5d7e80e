#include "core/config/time_limit.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nf {
namespace {

TEST(TimeLimit, IsReadAsSlurmWritesIt) {
  EXPECT_EQ(parse_time_limit("3:50:00"), 13800.0);
  EXPECT_EQ(parse_time_limit("9:30"), 570.0);
  EXPECT_EQ(parse_time_limit("1-00:00:00"), 86400.0);
  EXPECT_EQ(parse_time_limit("2-12"), 216000.0);
  EXPECT_EQ(parse_time_limit("1-01:30"), 91800.0);
  EXPECT_TRUE(std::isinf(parse_time_limit("UNLIMITED").value()));
}

TEST(TimeLimit, IsReadAsADuration) {
  EXPECT_EQ(parse_time_limit("90s"), 90.0);
  EXPECT_EQ(parse_time_limit("2h"), 7200.0);
  EXPECT_EQ(parse_time_limit("1.5 m"), 90.0);
}

TEST(TimeLimit, IsNoNumberAlone) {
  for (const char* text : {"50", "", ":", "1:", ":30", "1:2:3:4", "1-", "-1", "1-2:3:4:5", "x",
                           "1:3x", "-1:00", "1--2", " 1:00"})
    EXPECT_FALSE(parse_time_limit(text)) << text;
}

}  // namespace
}  // namespace nf
