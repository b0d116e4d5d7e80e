#include "core/io/system_error_text.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nf {
namespace {

TEST(SystemErrorText, SaysWhatHelpsWhereNothingCanBeWritten) {
  EXPECT_EQ(system_error_text(ENOSPC),
            "No space left on device; make room, then call it again: what was recorded is whole");
  EXPECT_NE(system_error_text(EDQUOT).find("; make room"), std::string::npos);
  EXPECT_EQ(system_error_text(EROFS),
            "Read-only file system; choose a folder that may be written to");
  EXPECT_EQ(system_error_text(ENOENT), "No such file or directory");
}

}  // namespace
}  // namespace nf
