#include "core/io/mapped_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <utility>

#include "core/base/check.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

std::string message_of(const std::filesystem::path& path) {
  try {
    MappedFile file(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(MappedFile, HoldsTheBytes) {
  const TempDir dir;
  const std::string text(100'000, 'x');
  std::ofstream(dir / "f") << text;
  const MappedFile file(dir / "f");
  EXPECT_EQ(file.size(), 100'000);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()),
            text);
}

TEST(MappedFile, EmptyFileHasNoBytes) {
  const TempDir dir;
  std::ofstream(dir / "f").flush();
  const MappedFile file(dir / "f");
  EXPECT_EQ(file.size(), 0);
  EXPECT_TRUE(file.bytes().empty());
  file.advise(0, 0, MappedFile::Advice::will_need);
}

TEST(MappedFile, AdviceKeepsTheBytes) {
  const TempDir dir;
  const std::string text(50'000, 'y');
  std::ofstream(dir / "f") << text;
  const MappedFile file(dir / "f");
  for (const Index begin : {0, 1, 4095, 4096, 49'999}) {
    file.advise(begin, file.size() - begin, MappedFile::Advice::will_need);
    file.advise(begin, file.size() - begin, MappedFile::Advice::dont_need);
  }
  for (const std::byte b : file.bytes()) ASSERT_EQ(b, std::byte{'y'});
  EXPECT_THROW(file.advise(1, file.size(), MappedFile::Advice::dont_need), InternalError);
  EXPECT_THROW(file.advise(-1, 1, MappedFile::Advice::dont_need), InternalError);
}

TEST(MappedFile, MovesItsMapping) {
  const TempDir dir;
  std::ofstream(dir / "f") << "abc";
  std::ofstream(dir / "g") << "defg";
  MappedFile file(dir / "f");
  const std::byte* const data = file.bytes().data();
  MappedFile moved(std::move(file));
  EXPECT_EQ(moved.bytes().data(), data);
  moved = MappedFile(dir / "g");
  EXPECT_EQ(moved.size(), 4);
  EXPECT_EQ(moved.path(), dir / "g");
}

TEST(MappedFile, FailuresNameTheFile) {
  const TempDir dir;
  EXPECT_EQ(message_of(dir / "none"),
            (dir / "none").string() + ": cannot open: No such file or directory");
  EXPECT_EQ(message_of(dir.path()), dir.path().string() + ": is a directory, a file is needed");
}

}  // namespace
}  // namespace nf
