#include <gtest/gtest.h>

#include "core/io/read_file.h"
#include "eval/output/csv_reader.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kTrials =
    "  - {name: noise, sweep: {r: [0.1, 0.2, 0.3]}, perturb: [{sites: {tensor: weight}, noise: "
    "gaussian, strength: {relative_l2: \"${r}\"}}]}\n"
    "  - {name: w, sweep: {b: [3, 4]}, quantize: [{sites: {tensor: weight}, grid: uniform, bits: "
    "\"${b}\", granularity: channel}]}\n";

/// A run of two models over 12 windows.
class IntegrationLeague : public testing::Test {
 protected:
  IntegrationLeague() {
    files_.write_experiment(kTrials);
    EXPECT_EQ(
        program({"run", "e.yaml", "--out", "r", "--quiet", "--set", "data.windows=12"}).exit_code,
        0);
  }

  ProgramResult program(const std::vector<std::string>& arguments) const {
    return run_program(arguments, files_.dir());
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationLeague, RanksPredictorsAndWritesThem) {
  const ProgramResult league = program({"league", "r", "--csv", "l.csv"});
  ASSERT_EQ(league.exit_code, 0) << league.err;
  EXPECT_NE(league.out.find("opt: KL of 5 trials"), std::string::npos) << league.out;
  const auto lines = parse_csv(read_text_file(files_ / "l.csv"));
  ASSERT_GT(lines.size(), 1u);
  EXPECT_EQ(lines[0][0], "model");
  EXPECT_EQ(lines[0][20], "note");
  EXPECT_EQ(lines[1][20].find("no interval: needs 8 names of trials, has 2"), 0u) << lines[1][20];
  EXPECT_EQ(program({"league", "r", "--csv", "l.csv"}).exit_code, 0);  // may be replaced
  EXPECT_EQ(program({"league", "r", "--csv", "e.yaml"}).exit_code, 2);
}

TEST_F(IntegrationLeague, RefusesWhatItDoesNotKnow) {
  const ProgramResult target = program({"league", "r", "--target", "kll"});
  EXPECT_EQ(target.exit_code, 2);
  EXPECT_NE(target.err.find("--target: unknown 'kll'; did you mean 'kl'?"), std::string::npos)
      << target.err;
  EXPECT_EQ(program({"league", "r", "--trials", "nothing"}).exit_code, 2);
}

}  // namespace
}  // namespace nf
