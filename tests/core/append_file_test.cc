#include "core/io/append_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/base/check.h"
#include "core/io/read_file.h"
#include "tests/support/small_file_limit.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

std::string message_of(const std::filesystem::path& path) {
  try {
    AppendFile file(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(AppendFile, AppendsLinesOverSeveralOpenings) {
  const TempDir dir;
  {
    AppendFile file(dir / "f");
    file.append_line("one");
    file.append_line("");
    EXPECT_EQ(read_text_file(dir / "f"), "one\n\n") << "on the disk while it is open";
  }
  AppendFile file(dir / "f");
  EXPECT_EQ(file.dropped_bytes(), 0);
  file.append_line("two");
  EXPECT_EQ(read_text_file(dir / "f"), "one\n\ntwo\n");
}

TEST(AppendFile, DropsATornLastLine) {
  const TempDir dir;
  // Torn lines around the size of the block in which the end is looked for.
  for (const std::size_t torn : {1u, 4095u, 4096u, 4097u, 10'000u}) {
    for (const std::string whole : {"", "\n", "one\ntwo\n"}) {
      std::ofstream(dir / "f", std::ios::binary) << whole << std::string(torn, 't');
      AppendFile file(dir / "f");
      EXPECT_EQ(file.dropped_bytes(), static_cast<Index>(torn));
      EXPECT_EQ(read_text_file(dir / "f"), whole);
      file.append_line("next");
      EXPECT_EQ(read_text_file(dir / "f"), whole + "next\n");
    }
  }
}

TEST(AppendFile, RefusesASecondWriter) {
  const TempDir dir;
  const std::string refusal =
      (dir / "f").string() +
      ": another run is writing this file; wait for it or choose another output directory";
  {
    AppendFile file(dir / "f");
    EXPECT_EQ(message_of(dir / "f"), refusal);
    // Another process is refused in the same way, and leaves the file alone.
    file.append_line("one");
    const pid_t child = ::fork();
    if (child == 0) ::_exit(message_of(dir / "f") == refusal ? 0 : 1);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_EQ(message_of(dir / "f"), "no error") << "closing unlocks";
  EXPECT_EQ(read_text_file(dir / "f"), "one\n");
}

TEST(AppendFile, FullDiskLeavesNoHalfLine) {
  const TempDir dir;
  AppendFile file(dir / "f");
  file.append_line("one");
  {
    const SmallFileLimit limit(100);
    try {
      file.append_line(std::string(1000, 'x'));
      FAIL() << "no error";
    } catch (const DataError& error) {
      EXPECT_EQ(error.what(), (dir / "f").string() + ": cannot write: File too large");
    }
    EXPECT_EQ(read_text_file(dir / "f"), "one\n");
  }
  file.append_line("two");
  EXPECT_EQ(read_text_file(dir / "f"), "one\ntwo\n");
}

TEST(AppendFile, FailuresNameTheFile) {
  const TempDir dir;
  EXPECT_EQ(message_of(dir / "none/f"),
            (dir / "none/f").string() + ": cannot create: No such file or directory");
  AppendFile file(dir / "f");
  EXPECT_THROW(file.append_line("two\nlines"), InternalError);
  EXPECT_EQ(read_text_file(dir / "f"), "");
}

}  // namespace
}  // namespace nf
