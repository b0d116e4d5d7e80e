#include "core/io/copy_range.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "tests/support/small_file_limit.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

TEST(CopyRange, AppendsThoseBytes) {
  const TempDir temp;
  std::string text;
  for (int i = 0; i < 500'000; ++i) text += static_cast<char>('a' + i % 23);
  std::ofstream(temp / "from") << text;
  const PosixFile from(temp / "from", O_RDONLY);
  // Where both are one file system the kernel copies; to a file that only appends it cannot.
  for (const int flags : {0, O_APPEND}) {
    std::filesystem::remove(temp / "to");
    PosixFile to(temp / "to", O_WRONLY | O_CREAT | flags);
    copy_range(from, 499'000, 1'000, to);
    copy_range(from, 7, 0, to);
    copy_range(from, 3, 400'000, to);
    EXPECT_EQ(read_text_file(temp / "to"), text.substr(499'000) + text.substr(3, 400'000));
  }
}

TEST(CopyRange, SaysWhatCannotBeWritten) {
  const TempDir temp;
  std::ofstream(temp / "from") << std::string(10'000, 'a');
  const PosixFile from(temp / "from", O_RDONLY);
  PosixFile to(temp / "to", O_WRONLY | O_CREAT);
  const SmallFileLimit limit(4096);
  try {
    copy_range(from, 0, 10'000, to);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()).find((temp / "to").string() + ": cannot write: "), 0u)
        << error.what();
  }
}

TEST(CopyRange, SaysWhereAFileHasBecomeShorter) {
  const TempDir temp;
  std::ofstream(temp / "from") << "abc";
  const PosixFile from(temp / "from", O_RDONLY);
  PosixFile to(temp / "to", O_WRONLY | O_CREAT);
  try {
    copy_range(from, 1, 3, to);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.what(), (temp / "from").string() + ": became shorter while it was read");
  }
}

}  // namespace
}  // namespace nf
