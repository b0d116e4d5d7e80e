#include "core/io/gzip.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/gzip.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

/// A text of several blocks that does not compress to nothing.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 10007) + ' ';
  return text;
}

std::string error_of(const std::string& bytes) {
  try {
    gunzip(bytes, "f.gz");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(Gzip, GivesBackWhatWasCompressed) {
  for (const std::string& text : {std::string(), std::string("one\n"), long_text()})
    EXPECT_EQ(gunzip(gzip(text), "f.gz"), text);
}

TEST(Gzip, JoinsMembersAndLeavesOutZerosBehindTheLast) {
  EXPECT_EQ(gunzip(gzip("one\n") + gzip("") + gzip(long_text()) + std::string(512, '\0'), "f.gz"),
            "one\n" + long_text());
}

TEST(Gzip, TellsWhereItIsCutOff) {
  const std::string whole = gzip(long_text());
  const std::string message =
      "f.gz: ends in the middle of its gzip data; is the copy of the file whole?";
  for (const std::size_t size :
       {std::size_t{2}, std::size_t{9}, whole.size() / 2, whole.size() - 1})
    EXPECT_EQ(error_of(whole.substr(0, size)), message) << size;
  EXPECT_EQ(error_of(gzip("one") + whole.substr(0, 40)), message);
}

TEST(Gzip, TellsWhereItIsDamaged) {
  std::string sum = gzip("a text of some length");
  sum[sum.size() - 6] = static_cast<char>(sum[sum.size() - 6] ^ 1);
  EXPECT_EQ(error_of(sum).substr(0, 10), "f.gz: byte");
  EXPECT_NE(error_of(sum).find("incorrect data check; the file is damaged"), std::string::npos);
  EXPECT_EQ(error_of(gzip("one") + "two"), "f.gz: byte " + std::to_string(gzip("one").size()) +
                                               ": what follows the gzip data is none");
}

TEST(Gzip, IsKnownByItsBytesWhateverTheName) {
  const TempDir temp;
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(temp / name, std::ios::binary) << bytes;
    return temp / name;
  };
  EXPECT_EQ(read_gzip_or_text_file(write("a.txt", "plain")), "plain");
  EXPECT_EQ(read_gzip_or_text_file(write("b.txt.gz", gzip("packed"))), "packed");
  EXPECT_EQ(read_gzip_or_text_file(write("c.txt", gzip("packed"))), "packed");
  EXPECT_THROW(read_gzip_or_text_file(write("d.gz", "plain")), DataError);
}

}  // namespace
}  // namespace nf
