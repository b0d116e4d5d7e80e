#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "eval/output/csv_reader.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kTrials =
    "  - {name: alpha, each: site, perturb: gaussian l2=0.1}\n"
    "  - {name: everywhere, perturb: gaussian l2=0.1}\n"
    "  - {name: w, sweep: {bits: [3, 4, 5]}, quantize: \"W${bits} g64\"}\n"
    "  - {name: two, sweep: {bits: [3, 4]}, quantize: [{sites: {tensor: weight, roles: [q_proj, "
    "down_proj]}, grid: uniform, bits: \"${bits}\", granularity: channel}]}\n"
    "  - {name: int, execute: integer, sweep: {bits: [3, 4]}, quantize: [{sites: {tensor: weight}, "
    "grid: uniform, bits: \"${bits}\", granularity: channel}, {sites: {tensor: input}, grid: "
    "uniform, bits: 7, granularity: token}]}\n"  // of 7 bits, which every CPU multiplies
    "  - {name: clip, perturb: weight clip quantile=0.98}\n";

/// A run of noise at each site and of a quantizer at three numbers of bits.
class IntegrationAllocate : public testing::Test {
 protected:
  IntegrationAllocate() {
    files_.write_experiment(kTrials);
    const ProgramResult run =
        program({"run", "e.yaml", "--out", "r", "--quiet", "--set", "data.windows=12"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const auto results = parse_csv(file_text("r/results.csv"));
    model_ = results.at(1).at(2);
  }

  ProgramResult program(const std::vector<std::string>& arguments) const {
    return run_program(arguments, files_.dir());
  }
  ProgramResult allocate(std::vector<std::string> options) const {
    std::vector<std::string> arguments = {"allocate", "r", "--of", "w", "--model", model_};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return program(arguments);
  }
  std::string file_text(const std::string& name) const {
    std::ifstream file(files_ / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  ExperimentFiles files_;
  std::string model_{};
};

TEST_F(IntegrationAllocate, WritesAnExperimentThatRunsAndCompares) {
  std::filesystem::create_directory(files_ / "sub");
  const ProgramResult made =
      allocate({"--bits", "3,4,5", "--size", "4.5", "--out", "sub/mixed.yaml", "--csv", "a.csv"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("allocated"), std::string::npos) << made.out;
  const ProgramResult checked = program({"check", "sub/mixed.yaml"});
  ASSERT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_EQ(file_text("sub/mixed.yaml").find(files_.dir().string()), std::string::npos);
  const ProgramResult run = program({"run", "sub/mixed.yaml", "--out", "m", "--quiet"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* trial : {"allocated", "uniform-4", "uniform-5", "by-l2", "random-1", "random-5"})
    EXPECT_NE(run.out.find(trial), std::string::npos) << trial;
  EXPECT_EQ(
      program({"compare", "m", "allocated", "uniform-4", "--figure", "kl", "--ratio"}).exit_code,
      0);
  const auto rows = parse_csv(file_text("a.csv"));
  EXPECT_EQ(rows[0][4], "site");
}

TEST_F(IntegrationAllocate, WritesNoRoleThatHasNoSiteLeft) {
  const ProgramResult made =
      program({"allocate", "r", "--of", "two", "--model", model_, "--bits", "3,4", "--size", "4"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  files_.write("two.yaml", made.out);
  EXPECT_EQ(program({"check", "two.yaml"}).exit_code, 0);
}

TEST_F(IntegrationAllocate, MultipliesAsTheTrialDoes) {
  const auto text_of = [&](const std::string& trial) {
    const ProgramResult made = program(
        {"allocate", "r", "--of", trial, "--model", model_, "--bits", "3,4", "--size", "4"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return made.out;
  };
  EXPECT_EQ(text_of("two").find("execute"), std::string::npos);
  const std::string integers = text_of("int");
  std::size_t trials = 0, executed = 0;
  for (std::size_t at = 0; (at = integers.find("name: ", at)) != std::string::npos; ++at) ++trials;
  for (std::size_t at = 0; (at = integers.find("execute: integer", at)) != std::string::npos; ++at)
    ++executed;
  EXPECT_GT(trials, 6u) << integers;
  EXPECT_EQ(executed, trials) << integers;
}

TEST_F(IntegrationAllocate, RefusesBitsThatHaveNotRunAndSizesThatDoNotFit) {
  const ProgramResult missing = allocate({"--bits", "3,4,6", "--size", "4.5"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_NE(missing.err.find("sweep: {bits: [3, 4, 5, 6]}"), std::string::npos) << missing.err;
  const ProgramResult small = allocate({"--bits", "3,4", "--size", "3"});
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_NE(small.err.find("--size 3: "), std::string::npos) << small.err;
  EXPECT_EQ(
      program({"allocate", "r", "--of", "clip", "--model", model_, "--bits", "3,4", "--size", "4"})
          .exit_code,
      2);
}

TEST_F(IntegrationAllocate, GoesByTheSameLawAsTheCommandThatTellsIt) {
  const ProgramResult law = program({"law", "r", "--csv", "law.csv"});
  ASSERT_EQ(law.exit_code, 0) << law.err;
  EXPECT_NE(law.out.find("additive law of l2"), std::string::npos) << law.out;
  EXPECT_NE(law.out.find("rtn: 5 trials"), std::string::npos) << law.out;
  EXPECT_NE(law.out.find("clip: 1 trial"), std::string::npos) << law.out;
  EXPECT_EQ(program({"law", "r", "--kind", "coverage"}).exit_code, 0);
  const ProgramResult bad = program({"law", "r", "--kind", "covrage"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_NE(bad.err.find("did you mean 'coverage'"), std::string::npos) << bad.err;
  const auto rows = parse_csv(file_text("law.csv"));
  ASSERT_GT(rows.size(), 4u);
  EXPECT_EQ(program({"law", "r", "--csv", "law.csv"}).exit_code, 0);  // replaced
  EXPECT_EQ(program({"law", "r", "--csv", "e.yaml"}).exit_code, 2);
}

}  // namespace
}  // namespace nf
