#include "core/io/lfs_pointer.h"

#include <gtest/gtest.h>

#include "tests/support/model_errors.h"

namespace nf {
namespace {

TEST(LfsPointer, IsKnownByItsFirstLine) {
  EXPECT_TRUE(is_lfs_pointer("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"));
  EXPECT_TRUE(is_lfs_pointer("version https://git-lfs.github.com/spec/v2"));
  EXPECT_FALSE(is_lfs_pointer("version https://git-lfs"));
  EXPECT_FALSE(is_lfs_pointer("{\"version\": 1}"));
  EXPECT_FALSE(is_lfs_pointer(""));
}

TEST(LfsPointer, IsRefusedInTheSameWordsEverywhere) {
  EXPECT_EQ(
      data_error_of([] { refuse_lfs_pointer("version https://git-lfs.github.com/spec/v1", "f"); }),
      "f: a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'");
  EXPECT_EQ(data_error_of([] { refuse_lfs_pointer("version 2", "f"); }), "no error");
}

}  // namespace
}  // namespace nf
