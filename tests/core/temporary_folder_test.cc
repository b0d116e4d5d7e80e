#include "core/io/temporary_folder.h"

#include <gtest/gtest.h>

#include "core/io/atomic_file.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryFolder, GoesWithAllThatIsInIt) {
  fs::path path;
  {
    const TemporaryFolder one("nf-stem"), other("nf-stem");
    path = one.path();
    EXPECT_NE(path, other.path());
    EXPECT_TRUE(path.filename().string().starts_with("nf-stem-"));
    write_file_atomically(path / "file", "bytes");
    EXPECT_TRUE(fs::exists(path / "file"));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace nf
