#include <gtest/gtest.h>

#include <filesystem>

#include "core/io/read_file.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kTwoGrids =
    "  - {name: w, sweep: {grid: [uniform, power]}, quantize: [{sites: {tensor: weight}, grid: "
    "\"${grid}\", bits: 3, granularity: channel}]}\n";

/// A run of two models.
class IntegrationReport : public testing::Test {
 protected:
  IntegrationReport() {
    files_.write_experiment(kTwoGrids);
    EXPECT_EQ(program({"run", "e.yaml", "--out", "r", "--quiet"}).exit_code, 0);
  }

  ProgramResult program(const std::vector<std::string>& arguments) const {
    return run_program(arguments, files_.dir());
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationReport, GivesEachFigureThatItListsAndItsData) {
  const ProgramResult list = program({"report", "r", "--list-figures"});
  ASSERT_EQ(list.exit_code, 0) << list.err;
  std::size_t figures = 0;
  for (std::size_t at = 0; at < list.out.size(); at = list.out.find('\n', at) + 1, ++figures) {
    const std::string id = list.out.substr(at, list.out.find("  ", at) - at);
    const ProgramResult svg = program({"report", "r", "--figure", id, "--columns", "1"});
    EXPECT_NE(svg.out.find("width=\"85mm\""), std::string::npos) << id << svg.err;
    const ProgramResult data = program({"report", "r", "--data", id});
    const std::string heading = data.out.substr(0, data.out.find('\n'));
    EXPECT_NE(heading.find("model,"), std::string::npos) << id << heading;
  }
  EXPECT_GE(figures, 2u) << list.out;
}

TEST_F(IntegrationReport, WritesThePageIntoItsFolderAndReplacesIt) {
  for (int i = 0; i < 2; ++i) {
    const ProgramResult report = program({"report", "r"});
    ASSERT_EQ(report.exit_code, 0) << report.err;
    EXPECT_EQ(report.out.find("r/report.html: "), 0u) << report.out;
  }
  EXPECT_EQ(read_text_file(files_ / "r/report.html").find("<!DOCTYPE html>"), 0u);
}

TEST_F(IntegrationReport, PrintsCommandsForFoldersThatBeginLikeOptions) {
  std::filesystem::rename(files_ / "r", files_ / "-x");
  ASSERT_EQ(program({"report", "./-x", "--out", "page.html"}).exit_code, 0);
  const std::string page = read_text_file(files_ / "page.html");
  EXPECT_NE(page.find("noisefloor report ./-x --data "), std::string::npos);
  EXPECT_EQ(page.find("noisefloor report -x"), std::string::npos);
}

TEST_F(IntegrationReport, TakesEachRunOnceAndLeavesOutThoseWithoutRecords) {
  const ProgramResult twice = program({"report", "r", "./r/", "--list-figures"});
  EXPECT_EQ(twice.out, program({"report", "r", "--list-figures"}).out) << twice.err;
  ASSERT_EQ(program({"report", "r", "r"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(files_ / "r/report.html")) << "it is one run";
  std::filesystem::copy(files_ / "r", files_ / "empty");
  files_.write("empty/records.jsonl", "");
  const ProgramResult two = program({"report", "empty", "r", "--out", "page.html"});
  EXPECT_EQ(two.exit_code, 0);
  EXPECT_EQ(two.err, "warning: empty/records.jsonl: holds no records yet, it is left out\n");
  const ProgramResult none = program({"report", "empty"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.err,
            "error: empty/records.jsonl: holds no records yet, there is nothing to report\n");
}

TEST_F(IntegrationReport, RefusesWhatItCannotGive) {
  const ProgramResult unknown = program({"report", "r", "--figure", "grid"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("grids"), std::string::npos) << unknown.err;
  EXPECT_EQ(program({"report", "r", "--figure", "grids-opt", "--columns", "3"}).exit_code, 2);
  EXPECT_EQ(program({"report", "r", "--figure", "a", "--data", "b"}).exit_code, 2);
  // A file that is no page of this program is left alone.
  EXPECT_EQ(program({"report", "r", "--out", "e.yaml"}).exit_code, 2);
  EXPECT_EQ(program({"report", "nowhere"}).exit_code, 2);
}

}  // namespace
}  // namespace nf
