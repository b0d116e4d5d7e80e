#include "core/io/mapped_ranges.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

std::string message() {
  try {
    check_mapped_files();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

class MappedRanges : public testing::Test {
 protected:
  MappedRanges() : path_((dir_ / "weights").string()) {
    std::ofstream(path_) << std::string(10'000, 'x');
    file_.emplace(path_);
  }

  TempDir dir_;
  std::string path_;
  std::optional<MappedFile> file_;
};

TEST_F(MappedRanges, AreOfTheFileAroundAnAddress) {
  const std::byte* const begin = file_->bytes().data();
  EXPECT_EQ(mapped_file_at(begin), path_);
  EXPECT_EQ(mapped_file_at(begin + 9'999), path_);
  EXPECT_EQ(mapped_file_at(begin + 10'000), nullptr);
  EXPECT_EQ(mapped_file_at(&path_), nullptr);
  const MappedFile moved = std::move(*file_);
  EXPECT_EQ(mapped_file_at(begin), path_);
  file_.reset();
  EXPECT_EQ(mapped_file_at(begin), path_);
}

TEST_F(MappedRanges, AreForgottenWithTheirFile) {
  const std::byte* const begin = file_->bytes().data();
  file_.reset();
  EXPECT_EQ(mapped_file_at(begin), nullptr);
  std::filesystem::remove(path_);
  EXPECT_EQ(message(), "no error");
}

TEST_F(MappedRanges, TellWhereAFileWasCutOrGrew) {
  EXPECT_EQ(message(), "no error");
  ASSERT_EQ(::truncate(path_.c_str(), 5'000), 0);
  EXPECT_EQ(message(), path_ +
                           ": changed while it was being read (it has 5000 bytes, it had 10000); "
                           "nothing that was read of it since is kept");
}

TEST_F(MappedRanges, TellWhereAFileWasWrittenToInPlace) {
  const timespec times[2] = {{0, UTIME_OMIT}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  EXPECT_NE(message().find("it was written to"), std::string::npos) << message();
}

TEST_F(MappedRanges, TellWhereAFileWasReplacedOrIsGone) {
  std::filesystem::copy(path_, dir_ / "other");
  std::filesystem::rename(dir_ / "other", path_);
  EXPECT_NE(message().find("another file has its name"), std::string::npos) << message();
  std::filesystem::remove(path_);
  EXPECT_NE(message().find("No such file"), std::string::npos) << message();
}

}  // namespace
}  // namespace nf
