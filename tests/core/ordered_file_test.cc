#include "core/io/ordered_file.h"

#include <gtest/gtest.h>

#include "core/io/read_file.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

TEST(OrderedFile, PutsPiecesIntoTheirOrder) {
  const TempDir temp;
  for (const bool in_order : {true, false}) {
    OrderedFile file(temp / "a", "head\n");
    const std::string big(std::size_t{3} << 20, 'x');  // more than waits to be written
    file.add(in_order ? 1 : 7, "one\n");
    file.add(4, big);
    file.add(in_order ? 9 : 2, "two\n");
    EXPECT_TRUE(file.finish());
    EXPECT_EQ(read_text_file(temp / "a"),
              in_order ? "head\none\n" + big + "two\n" : "head\ntwo\n" + big + "one\n");
  }
}

TEST(OrderedFile, IsNoFileWithoutAPiece) {
  const TempDir temp;
  OrderedFile file(temp / "a", "head\n");
  file.add(0, "");
  EXPECT_FALSE(file.finish());
  EXPECT_FALSE(std::filesystem::exists(temp / "a"));
}

}  // namespace
}  // namespace nf
