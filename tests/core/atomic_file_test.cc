#include "core/io/atomic_file.h"

#include <gtest/gtest.h>

#include <iterator>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "tests/support/small_file_limit.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

std::size_t files_in(const TempDir& dir) {
  const std::filesystem::directory_iterator all(dir.path());
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::string message_of(const std::filesystem::path& path, const std::string& text) {
  try {
    write_file_atomically(path, text);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(AtomicFile, WritesAndReplaces) {
  const TempDir dir;
  write_file_atomically(dir / "f", "first");
  EXPECT_EQ(read_text_file(dir / "f"), "first");
  write_file_atomically(dir / "f", std::string(100'000, 'x'));
  EXPECT_EQ(read_text_file(dir / "f"), std::string(100'000, 'x'));
  EXPECT_EQ(files_in(dir), 1u);
}

TEST(AtomicFile, NothingAppearsWithoutCommit) {
  const TempDir dir;
  write_file_atomically(dir / "f", "old");
  {
    AtomicFile file(dir / "f");
    file.write(std::as_bytes(std::span("half", 4)));
    EXPECT_EQ(read_text_file(dir / "f"), "old");
  }
  EXPECT_EQ(read_text_file(dir / "f"), "old");
  EXPECT_EQ(files_in(dir), 1u) << "the temporary file is gone";
}

TEST(AtomicFile, TwoAtOnceDoNotMix) {
  const TempDir dir;
  AtomicFile a(dir / "f"), b(dir / "f");
  a.write(std::as_bytes(std::span("a", 1)));
  b.write(std::as_bytes(std::span("b", 1)));
  a.commit();
  EXPECT_EQ(read_text_file(dir / "f"), "a");
  b.commit();
  EXPECT_EQ(read_text_file(dir / "f"), "b");
}

TEST(AtomicFile, FailuresNameTheFile) {
  const TempDir dir;
  EXPECT_EQ(message_of(dir / "none/f", "x"),
            (dir / "none/f").string() + ": cannot create: No such file or directory");
  EXPECT_EQ(message_of("/dev/null", "x"), "/dev/null: cannot be replaced: not a regular file");
  EXPECT_EQ(message_of(dir.path(), "x"),
            dir.path().string() + ": cannot be replaced: not a regular file");
}

TEST(AtomicFile, FullDiskKeepsTheOldFile) {
  const TempDir dir;
  write_file_atomically(dir / "f", "old");
  {
    const SmallFileLimit limit(1000);
    EXPECT_EQ(message_of(dir / "f", std::string(2000, 'x')),
              (dir / "f").string() + ": cannot write: File too large");
  }
  EXPECT_EQ(read_text_file(dir / "f"), "old");
  EXPECT_EQ(files_in(dir), 1u);
}

}  // namespace
}  // namespace nf
