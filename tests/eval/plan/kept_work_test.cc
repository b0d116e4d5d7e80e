#include "eval/plan/kept_work.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(KeptWork, SaysHowMuchOfTheWorkIsThere) {
  KeptWork work{.kept = 60, .total = 80, .windows = true};
  EXPECT_EQ(work.text(), "60 of 80 trials × windows kept");
  work += {.kept = 2, .total = 8, .questions = true, .has_searches = true};
  EXPECT_EQ(work.text(), "62 of at least 88 trials × windows and questions kept");
  EXPECT_EQ((KeptWork{.total = 5, .questions = true}.text()), "0 of 5 trials × questions kept");
  EXPECT_EQ((KeptWork{.kept = 5, .total = 5, .windows = true, .floor_left = true}.text()),
            "all 5 trials × windows kept, the floor (kl_floor, what rounding alone makes) is left");
}

}  // namespace
}  // namespace nf
