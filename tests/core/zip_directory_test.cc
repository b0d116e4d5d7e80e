#include "core/checkpoint/zip_directory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

class ZipDirectoryTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return dir_ / "f.zip"; }
  /// A small archive of two files and an empty one.
  std::string archive(bool force64) const {
    write_torch_zip(path(), {{"a/one", "first"}, {"a/none", ""}, {"a/two", "second!"}}, force64);
    return read_text_file(path());
  }
  /// The message, without the directory, when the file has these bytes.
  std::string message_of(const std::string& bytes) const {
    std::ofstream(path(), std::ios::binary) << bytes;
    try {
      read_zip_directory(MappedFile(path()));
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir_.path().string().size() + 1);
    }
    return "no error";
  }

  TempDir dir_;
};

std::string text_of(const MappedFile& file, const ZipEntry& entry) {
  return std::string(reinterpret_cast<const char*>(file.bytes().data()) + entry.begin,
                     static_cast<std::size_t>(entry.bytes));
}

TEST_F(ZipDirectoryTest, FindsTheBytesOfEveryFile) {
  for (const bool force64 : {false, true}) {
    archive(force64);
    const MappedFile file(path());
    const ZipDirectory directory = read_zip_directory(file);
    ASSERT_EQ(directory.size(), 3u);
    EXPECT_EQ(text_of(file, directory.at("a/one")), "first");
    EXPECT_EQ(text_of(file, directory.at("a/none")), "");
    EXPECT_EQ(text_of(file, directory.at("a/two")), "second!");
    for (const auto& [name, entry] : directory) EXPECT_EQ(entry.begin % 64, 0) << name;
  }
}

TEST_F(ZipDirectoryTest, ReadsArchivesBeyond4GiB) {
  constexpr Index kHole = (Index{4} << 30) + 100;  // takes no room: nothing is written there
  write_torch_zip(path(), {{"a/small", "s"}, {"a/large", "begin", kHole}, {"a/last", "end"}});
  const MappedFile file(path());
  const ZipDirectory directory = read_zip_directory(file);
  EXPECT_EQ(text_of(file, directory.at("a/small")), "s");
  EXPECT_EQ(directory.at("a/large").bytes, kHole + 5);
  EXPECT_EQ(text_of(file, {directory.at("a/large").begin, 6}), std::string("begin\0", 6));
  EXPECT_GT(directory.at("a/last").begin, kHole);
  EXPECT_EQ(text_of(file, directory.at("a/last")), "end");
}

TEST_F(ZipDirectoryTest, ACommentMayFollow) {
  std::string bytes = archive(false);
  const std::string comment = "written by PK\5\6 hand";  // with what looks like the end record
  bytes[bytes.size() - 2] = static_cast<char>(comment.size());
  EXPECT_EQ(message_of(bytes + comment), "no error");
  EXPECT_EQ(message_of(bytes + comment + "x"),
            "f.zip: byte 488: the directory of the zip archive is missing; is the file truncated?");
}

/// `bytes` with those at `at` counted from the last place of `mark` replaced.
std::string changed(std::string bytes, const std::string& mark, std::size_t at,
                    const std::string& by) {
  const std::size_t place = bytes.rfind(mark);
  EXPECT_NE(place, std::string::npos);
  return bytes.replace(place + at, by.size(), by);
}

TEST_F(ZipDirectoryTest, WrongArchivesNameTheirMistake) {
  const std::string plain = archive(false);
  const std::string large = archive(true);
  const std::string entry = "PK\1\2", end = "PK\5\6", end64 = "PK\6\6", locator = "PK\6\7";
  const struct {
    std::string bytes, message;
  } table[] = {
      {"", "byte 0: the directory of the zip archive is missing; is the file truncated?"},
      {plain.substr(0, plain.size() - 1),
       "byte 466: the directory of the zip archive is missing; is the file truncated?"},
      {changed(plain, end, 4, "\1"), "byte 445: a zip archive in several parts is not read"},
      {changed(plain, end, 8, "\2"), "byte 445: a zip archive in several parts is not read"},
      {changed(plain, end, 8, std::string("\2\0\2\0", 4)),
       "byte 318: the directory has 2 entries, but not 154 bytes"},
      {changed(plain, end, 8, "\4\1\4\1"), "byte 465: 260 entries in a directory of 154 bytes"},
      {changed(plain, end, 8, std::string("\4\0\4\0", 4)),
       "byte 465: 4 entries in a directory of 154 bytes"},
      {changed(plain, end, 12, "\xff\xff"),
       "byte 465: the directory, 65535 bytes at byte 215, lies outside the file"},
      {changed(plain, end, 16, "\xff\xff\x01"),
       "byte 465: the directory, 154 bytes at byte 131071, lies outside the file"},
      {changed(plain, end, 16, "\1"), "byte 1: expected an entry of the zip directory"},
      {changed(large, locator, 0, "xx"),
       "byte 729: the ZIP64 record that the end of the archive announces is missing"},
      {changed(large, locator, 8, "\xff\xff\xff\xff\xff\xff\xff\xff"),
       "byte 725: the ZIP64 end record at byte 18446744073709551615 lies behind the end"},
      {changed(large, locator, 8, "\1"), "byte 513: expected the ZIP64 end record"},
      {changed(large, end64, 16, "\1"), "byte 653: a zip archive in several parts is not read"},
      {changed(large, end64, 32, "\xff\xff\xff\xff\xff\xff\xff\xff"),
       "byte 653: a zip archive in several parts is not read"},
      {changed(large, end64, 48, "\xff\xff\xff\xff\xff\xff\xff\xff"),
       "byte 709: the directory, 238 bytes at byte 18446744073709551615, lies outside the file"},
      {changed(plain, entry, 0, "x"), "byte 318: expected an entry of the zip directory"},
      {changed(plain, entry, 8, "\1"), "byte 318: 'a/two' is encrypted"},
      {changed(plain, entry, 10, "\10"),
       "byte 318: 'a/two' is compressed; PyTorch stores its files as they are"},
      {changed(plain, entry, 20, "\1"), "byte 318: 'a/two' has 7 bytes, 1 of them stored"},
      {changed(plain, entry, 20, std::string("\0\1\0\0\0\1\0\0", 8)),
       "byte 128: 'a/two': its 256 bytes reach beyond the files of the archive"},
      {changed(plain, entry, 24, "\xff\xff\xff\xff"),
       "byte 369: the ZIP64 sizes of an entry are missing"},
      {changed(plain, entry, 28, "\xff\xff"),
       "byte 364: truncated: 65535 bytes are needed, 103 are left"},
      {changed(plain, entry, 42, "\1"), "byte 1: 'a/two': expected the header of a file"},
      {changed(plain, entry, 42, "\xff\xff\xff\x7f"),
       "byte 215: 'a/two': begins outside the files of the archive; is the file truncated?"},
      {changed(plain, entry, 46, "b"), "byte 128: 'b/two': its own header has another name"},
      {changed(large, "a/two", 5, "\2"), "byte 625: the ZIP64 sizes of an entry are missing"},
      {changed(large, "a/two", 7, "\4"), "byte 629: the ZIP64 sizes of an entry are cut off"},
      {changed(large, "a/two", 9, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
       "byte 574: 'a/two' has 18446744073709551615 bytes, 72057594037927935 of them stored"},
  };
  for (const auto& row : table) EXPECT_EQ(message_of(row.bytes), "f.zip: " + row.message);
}

TEST_F(ZipDirectoryTest, EqualNamesAreRefused) {
  write_torch_zip(path(), {{"a/one", "1"}, {"a/one", "2"}});
  EXPECT_EQ(message_of(read_text_file(path())), "f.zip: byte 196: 'a/one' appears twice");
}

}  // namespace
}  // namespace nf
