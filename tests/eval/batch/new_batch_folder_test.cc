#include "eval/batch/new_batch_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "eval/batch/batch_folder.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

TEST(NewBatchFolder, IsGoneUnlessItIsKept) {
  const TempDir temp;
  const fs::path dir = temp / "batch";
  {
    const NewBatchFolder folder(dir);
    fs::create_directory(dir / kHashesDir);
  }
  EXPECT_FALSE(fs::exists(dir));
  {
    NewBatchFolder folder(dir);
    fs::create_directory(dir / kHashesDir);
    folder.keep();
  }
  EXPECT_TRUE(fs::exists(dir / kHashesDir));
  EXPECT_FALSE(fs::exists(dir / kMakerLock));
}

TEST(NewBatchFolder, OfTwoTheSecondIsRefusedAndTakesNothingAway) {
  const TempDir temp;
  const fs::path dir = temp / "batch";
  NewBatchFolder first(dir);
  std::ofstream(dir / "experiment.yaml") << "x";
  EXPECT_THROW(NewBatchFolder second(dir), ConfigError);
  EXPECT_TRUE(fs::exists(dir / "experiment.yaml"));
  EXPECT_TRUE(fs::exists(dir / kMakerLock));
}

TEST(NewBatchFolder, TakesWhatAnInterruptedOneLeftAndLeavesIt) {
  const TempDir temp;
  const fs::path dir = temp / "batch";
  fs::create_directories(dir / kHashesDir);
  std::ofstream(dir / kMakerLock) << "";
  {
    const NewBatchFolder folder(dir);
    std::ofstream(dir / "resolved.yaml") << "x";
  }
  EXPECT_TRUE(fs::exists(dir / kHashesDir));
  EXPECT_FALSE(fs::exists(dir / "resolved.yaml"));
  std::ofstream(dir / "mine") << "x";
  EXPECT_THROW(NewBatchFolder again(dir), ConfigError);
  EXPECT_TRUE(fs::exists(dir / "mine"));
}

}  // namespace
}  // namespace nf
