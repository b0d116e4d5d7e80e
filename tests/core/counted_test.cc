#include "core/base/counted.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(Counted, OnlyOneIsSingular) {
  EXPECT_EQ(counted(1, "trial"), "1 trial");
  for (const Index count : {0, 2, 11, 21, 101})
    EXPECT_EQ(counted(count, "trial"), std::to_string(count) + " trials");
  EXPECT_EQ(counted(1, "search", "searches"), "1 search");
  EXPECT_EQ(counted(2, "search", "searches"), "2 searches");
}

}  // namespace
}  // namespace nf
