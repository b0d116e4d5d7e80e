#include "core/base/number_in_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace nf {
namespace {

TEST(NumberIn, IsBehindItsKeyOrFirst) {
  const TempDir dir;
  std::ofstream(dir / "keys") << "VmHWM:  12 kB\nVmRSS:\t7.5 kB\n";
  EXPECT_EQ(number_in(dir / "keys", "VmRSS:"), 7.5);
  EXPECT_EQ(number_in(dir / "keys", "VmSwap:"), std::nullopt);
  std::ofstream(dir / "one") << "-1\n";
  EXPECT_EQ(number_in(dir / "one"), -1.0);
  std::ofstream(dir / "limit") << "max\n";
  EXPECT_EQ(number_in(dir / "limit"), std::nullopt);
  EXPECT_EQ(number_in(dir / "none"), std::nullopt);
}

}  // namespace
}  // namespace nf
