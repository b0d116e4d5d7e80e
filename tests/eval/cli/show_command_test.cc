#include <gtest/gtest.h>

#include <fstream>

#include "eval/output/csv_reader.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kTrials =
    "  - {name: noise, repeat: 2, sweep: {r: [0.1, 0.3]}, perturb: [{sites: {tensor: weight}, "
    "noise: gaussian, strength: {relative_l2: \"${r}\"}}]}\n"
    "  - {name: w3, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 3, granularity: "
    "channel}]}\n";

/// A run of two models over 12 windows.
class IntegrationShow : public testing::Test {
 protected:
  IntegrationShow() {
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

TEST_F(IntegrationShow, PrintsWhatTheRunPrinted) {
  const ProgramResult shown = program({"show", "r"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.err, "");
  const ProgramResult again =
      program({"run", "e.yaml", "--out", "r", "--quiet", "--set", "data.windows=12"});
  EXPECT_EQ(again.out.substr(0, shown.out.size()), shown.out);
}

TEST_F(IntegrationShow, ChoosesSortsAndForms) {
  const ProgramResult csv = program(
      {"show", "r", "noise", "--sort=-kl", "--top", "1", "--figure", "kl", "--format", "csv"});
  ASSERT_EQ(csv.exit_code, 0) << csv.err;
  const auto lines = parse_csv(csv.out);
  ASSERT_EQ(lines.size(), 1u + 2 * 2);  // baseline and one more of each model
  EXPECT_EQ(lines[0], (std::vector<std::string>{"id", "name", "model", "seed", "r", "seeds", "kl",
                                                "kl_low", "kl_high"}));
  EXPECT_EQ(lines[2][4], "0.3");
  for (const char* format : {"table", "markdown", "latex", "json"})
    EXPECT_EQ(program({"show", "r", "--format", format}).exit_code, 0) << format;
}

TEST_F(IntegrationShow, PassesOverALineThatIsBeingWritten) {
  const std::string before = program({"show", "r"}).out;
  std::ofstream(files_ / "r" / "records.jsonl", std::ios::app) << "{\"id\":\"7";
  const ProgramResult shown = program({"show", "r"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.out, before);
}

TEST_F(IntegrationShow, NamesMistakes) {
  const auto error_of = [this](const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {"show", "r"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const ProgramResult result = program(arguments);
    EXPECT_EQ(result.exit_code, 2);
    return result.err;
  };
  EXPECT_EQ(error_of({"nois"}),
            "error: nois: the folder has no trial of that name; did you mean 'noise'?\n");
  EXPECT_EQ(error_of({"--figure", "kl_revers"}),
            "error: --figure: unknown figure 'kl_revers'; did you mean 'kl_reverse'?\n");
  EXPECT_EQ(error_of({"--columns", "ppl,statu"}),
            "error: --columns: unknown column 'statu'; did you mean 'status'?\n");
  EXPECT_EQ(error_of({"--sort", "klx"}),
            "error: --sort: unknown column 'klx'; did you mean 'kl'?\n");
  EXPECT_EQ(error_of({"--figure", "kl,"}),
            "error: --figure: needs names with a comma between, is 'kl,'\n");
  EXPECT_EQ(error_of({"--top", "0"}), "error: --top: needs a whole number of at least 1, is '0'\n");
  EXPECT_EQ(error_of({"--figure", "kl", "--columns", "kl"}),
            "error: --figure and --columns: each says what is shown; give one of them\n");
}

TEST_F(IntegrationShow, FindsARunByItsNameAndSaysWhatToGiveInstead) {
  const ProgramResult whole = program({"show", "r", "--format", "csv"});
  std::filesystem::create_directories(files_ / "runs");
  std::filesystem::copy(files_ / "r", files_ / "runs" / "first");
  std::filesystem::copy(files_ / "r", files_ / "runs" / "second");
  EXPECT_EQ(program({"show", "first", "--format", "csv"}).out, whole.out);
  EXPECT_EQ(program({"show", "runs"}).err,
            "error: runs: is a folder of runs; give one of them: runs/first, runs/second\n");
  EXPECT_EQ(program({"show", "r/results.csv"}).err,
            "error: r/results.csv: is a file of the run folder r; give that\n");
  EXPECT_EQ(program({"show", "e.yaml"}).err,
            "error: e.yaml: is a file; give the run folder that `noisefloor run e.yaml` made, "
            "runs/<experiment> where it had no --out\n");
  EXPECT_EQ(program({"show", "runs/first"}).exit_code, 0);
}

TEST_F(IntegrationShow, HasTheIdAndTheSeedAsColumns) {
  const ProgramResult table = program({"show", "r", "--columns", "id,seed,kl"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_NE(table.out.find("seed"), std::string::npos) << table.out;
  const ProgramResult csv = program({"show", "r", "--columns", "id,seed,kl", "--format", "csv"});
  EXPECT_TRUE(csv.out.starts_with("id,name,model,seed,")) << csv.out;
  EXPECT_EQ(csv.out.find(",id"), std::string::npos) << csv.out;
}

TEST_F(IntegrationShow, IsNamedWhereAFolderIsRun) {
  const ProgramResult of_run = program({"run", "r"});
  EXPECT_EQ(of_run.exit_code, 2);
  EXPECT_EQ(of_run.err,
            "error: r: is a run folder, not an experiment; 'noisefloor show r' prints it, and "
            "'noisefloor run EXPERIMENT.yaml --out r' goes on with it\n");
  EXPECT_EQ(program({"run", "."}).err, "error: .: is a folder; in it is ./e.yaml\n");
  std::filesystem::resize_file(files_ / "r" / "records.jsonl", 0);
  const ProgramResult nothing = program({"export", "r", "--csv", "x.csv"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.err,
            "error: r/records.jsonl: holds no records yet, there is nothing to export\n");
}

}  // namespace
}  // namespace nf
