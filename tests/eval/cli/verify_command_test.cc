#include <gtest/gtest.h>

#include "core/io/read_file.h"
#include "eval/run/preparation.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

class IntegrationVerifyCommand : public testing::Test {
 protected:
  IntegrationVerifyCommand() {
    files_.write_experiment(
        "  - {name: noise, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
        "{relative_l2: 0.1}}]}\n");
    EXPECT_EQ(run_program({"run", "e.yaml", "--out", "out", "--quiet"}, files_.dir()).exit_code, 0);
  }
  ProgramResult verify(std::vector<std::string> words,
                       const std::vector<std::string>& environment = {}) const {
    words.insert(words.begin(), {"verify", "out"});
    return run_program(words, files_.dir(), environment);
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationVerifyCommand, SaysThatAllIsEqual) {
  const ProgramResult result = verify({"--threads", "1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out,
            "6 of 6 records re-run, windows and sites equal bit for bit; 4 csv files equal byte "
            "for byte\n");
  EXPECT_EQ(verify({"--sample", "2", "--quiet"}).out,
            "2 of 6 records re-run, windows and sites equal bit for bit; 4 csv files equal byte "
            "for byte\n");
}

TEST_F(IntegrationVerifyCommand, RefusesAnotherInstructionSetUnlessAsked) {
  if (numerics_env().at("isa") == "avx2") GTEST_SKIP() << "this machine has no other";
  const std::vector<std::string> environment = {"ONEDNN_MAX_CPU_ISA=AVX2"};
  const ProgramResult refused = verify({}, environment);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(
      refused.err.starts_with("error: out/records.jsonl:1: eight fixed products had other bits "
                              "when it was recorded (isa "))
      << refused.err;
  EXPECT_NE(refused.err.find("--any-env"), std::string::npos);
  const ProgramResult told = verify({"--any-env"}, environment);
  EXPECT_TRUE(told.exit_code == 4 || told.exit_code == 0) << told.err;
  EXPECT_NE(told.out.find("6 of 6 records re-run"), std::string::npos) << told.out;
  if (told.exit_code == 4) {
    EXPECT_NE(told.out.find("nll: stored "), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("\nand "), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("\nlargest relative differences: "), std::string::npos) << told.out;
  }
}

TEST_F(IntegrationVerifyCommand, NamesMistakes) {
  EXPECT_EQ(verify({"--sample", "0"}).err,
            "error: --sample: needs a whole number of at least 1, is '0'\n");
  EXPECT_EQ(run_program({"verify"}).err, "error: RUN is missing; see 'noisefloor verify --help'\n");
  const ProgramResult none = run_program({"verify", "nowhere"}, files_.dir());
  EXPECT_EQ(none.err, "error: nowhere: no such folder\n");
  EXPECT_EQ(none.exit_code, 2);
  const ProgramResult other = run_program({"verify", "opt"}, files_.dir());
  EXPECT_EQ(other.err, "error: opt: is not a run folder, it has no manifest.json\n");
}

/// Whoever reads it tells it; the records are none the worse.
TEST_F(IntegrationVerifyCommand, TellsADamagedPlanFile) {
  std::filesystem::resize_file(files_ / "out/plan.json", 20);
  const ProgramResult result = verify({});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("warning: out/plan.json: byte "), std::string::npos) << result.out;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"merge", "out", "--out", "whole"},
        {"run", "e.yaml", "--out", "out"}}) {
    const ProgramResult told = run_program(words, files_.dir());
    EXPECT_EQ(told.exit_code, 0) << told.err;
    EXPECT_NE(told.err.find("warning: out/plan.json: byte "), std::string::npos) << told.err;
  }
  EXPECT_EQ(read_text_file(files_ / "out/plan.json"), "[]\n") << "nothing was left to do";
  std::filesystem::remove(files_ / "out/plan.json");
  std::filesystem::create_directory(files_ / "out/plan.json");
  const ProgramResult folder = run_program({"run", "e.yaml", "--out", "out"}, files_.dir());
  EXPECT_EQ(folder.exit_code, 3) << folder.err;
  EXPECT_NE(folder.err.find("error: out/plan.json: "), std::string::npos) << folder.err;
}

}  // namespace
}  // namespace nf
