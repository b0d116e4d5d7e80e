#include "core/text/tiktoken_file.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(TiktokenFile, HasLinesOfBase64AndARank) {
  EXPECT_TRUE(is_tiktoken_file("IQ== 0\nIg== 1\n"));
  EXPECT_TRUE(is_tiktoken_file("IQ== 0\r\nIg== 1\r\n"));
  EXPECT_TRUE(is_tiktoken_file("aGVsbG8h 100"));
  EXPECT_FALSE(is_tiktoken_file(""));
  EXPECT_FALSE(is_tiktoken_file("\x0a\x0e\x0a\x05<unk>"));
  EXPECT_FALSE(is_tiktoken_file("h i"));
  EXPECT_FALSE(is_tiktoken_file("IQ== x"));
  EXPECT_FALSE(is_tiktoken_file("version https://git-lfs.github.com/spec/v1"));
}

}  // namespace
}  // namespace nf
