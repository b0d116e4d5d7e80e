#include "eval/batch/calibration_links.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/io/read_file.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

TEST(CalibrationLinks, GiveAFolderTheFilesOfThoseBefore) {
  const TempDir temp;
  const auto write = [&](const std::string& name, const std::string& text) {
    fs::create_directories((temp / name).parent_path());
    std::ofstream(temp / name) << text;
  };
  write("1.1/calibration/a", "first");
  write("1.1/calibration/b.tmp-7-0", "half");
  write("1.1/records.jsonl", "not this");
  write("1.2/calibration/a", "second");
  write("1.2/calibration/c", "third");
  fs::create_directory(temp / "1.3");
  fs::create_directory(temp / "1.4");
  take_calibrations_over({temp / "1.1", temp / "1.2", temp / "1.3"}, temp / "1.4");
  EXPECT_EQ(read_text_file(temp / "1.4/calibration/a"), "first");
  EXPECT_EQ(read_text_file(temp / "1.4/calibration/c"), "third");
  EXPECT_EQ(
      std::distance(fs::directory_iterator(temp / "1.4/calibration"), fs::directory_iterator()), 2);
  EXPECT_TRUE(fs::equivalent(temp / "1.1/calibration/a", temp / "1.4/calibration/a"));
  EXPECT_FALSE(fs::exists(temp / "1.4/records.jsonl"));
}

TEST(CalibrationLinks, OfFoldersWithoutCalibrationsAreNone) {
  const TempDir temp;
  fs::create_directory(temp / "1.1");
  take_calibrations_over({temp / "none", temp / "1.1"}, temp / "1.1");
  EXPECT_TRUE(fs::is_empty(temp / "1.1"));
}

}  // namespace
}  // namespace nf
