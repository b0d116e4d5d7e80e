#include "core/io/read_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

std::string message_of(const std::filesystem::path& path) {
  try {
    read_text_file(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadFile, ReturnsTheBytesAsTheyAre) {
  const TempDir dir;
  for (const std::size_t size : {0u, 1u, 65535u, 65536u, 65537u, 300'000u}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * 7);
    std::ofstream(dir / "f", std::ios::binary) << text;
    EXPECT_EQ(read_text_file(dir / "f"), text) << size;
  }
}

TEST(ReadFile, FailuresNameTheFile) {
  const TempDir dir;
  EXPECT_EQ(message_of(dir / "none"),
            (dir / "none").string() + ": cannot open: No such file or directory");
  EXPECT_EQ(message_of(dir.path()), dir.path().string() + ": cannot read: Is a directory");
}

}  // namespace
}  // namespace nf
