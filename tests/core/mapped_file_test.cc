#include "core/io/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/io/posix_file.h"
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

TEST(MappedFile, APipeIsRefusedAndNotWaitedFor) {
  const TempDir dir;
  const std::filesystem::path pipe = dir / "model.safetensors";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(message_of(pipe), pipe.string() +
                                  ": is a pipe or a device, which cannot be mapped into memory; "
                                  "copy it to a file first");
  EXPECT_NE(message_of("/dev/zero").find("is a pipe or a device"), std::string::npos);
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

/// Bytes of the file that are in the page cache.
Index cached_bytes(const MappedFile& file) {
  const Index page = ::sysconf(_SC_PAGESIZE);
  std::vector<unsigned char> pages(static_cast<std::size_t>((file.size() + page - 1) / page));
  if (::mincore(const_cast<std::byte*>(file.bytes().data()), file.bytes().size(), pages.data()) !=
      0)
    throw std::runtime_error("mincore");
  return page * std::count_if(pages.begin(), pages.end(),
                              [](unsigned char flags) { return (flags & 1) != 0; });
}

TEST(MappedFile, PrefetchReadsLargeRangesWhole) {
  constexpr Index kBytes = Index{32} << 20;  // several times what one request may read
  constexpr int kTenthsOfSeconds = 200;
  const TempDir dir;
  {
    PosixFile out(dir / "f", O_CREAT | O_WRONLY);
    out.write(std::vector<std::byte>(static_cast<std::size_t>(kBytes), std::byte{1}));
    out.sync();
    ::posix_fadvise(out.fd(), 0, 0, POSIX_FADV_DONTNEED);
  }
  const MappedFile file(dir / "f");
  if (cached_bytes(file) > kBytes / 4) GTEST_SKIP() << "this file system keeps its pages";
  file.advise(0, kBytes, MappedFile::Advice::will_need);
  for (int i = 0; i < kTenthsOfSeconds && cached_bytes(file) < kBytes; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(cached_bytes(file), kBytes);
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
