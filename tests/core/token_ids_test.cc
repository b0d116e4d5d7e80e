#include "core/text/token_ids.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(ByteTokens, AreFoundByTheirNames) {
  const ByteTokens tokens({{"<0x41>", 5}, {"<0xC3>", 6}, {"<0xc3>", 7}, {"<0x0A>", 8}, {"A", 9}});
  EXPECT_EQ(tokens.id('A'), 5);
  EXPECT_EQ(tokens.id('\xC3'), 6);
  EXPECT_EQ(tokens.id('\n'), 8);
  EXPECT_EQ(tokens.id('B'), -1);
  EXPECT_TRUE(tokens.has_all("A\n"));
  EXPECT_FALSE(tokens.has_all("AB"));
}

}  // namespace
}  // namespace nf
