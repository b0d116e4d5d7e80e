#include "eval/run/item_problem.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(ItemProblem, OfTheFirstItemStays) {
  ItemProblem first;
  EXPECT_FALSE(first.exists());
  first.join({});
  EXPECT_FALSE(first.exists());
  first.join({.item = 5, .text = "a"});
  first.join({.item = 7, .text = "later item"});
  first.join({.item = 5, .text = "told later"});
  first.join({.item = 2});  // nothing is wrong with that one
  EXPECT_EQ(first.item, 5);
  EXPECT_EQ(first.text, "a");
  first.join({.item = 4, .text = "b"});
  EXPECT_EQ(first.item, 4);
  EXPECT_EQ(first.text, "b");
}

}  // namespace
}  // namespace nf
