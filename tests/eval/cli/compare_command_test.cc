#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/io/read_file.h"
#include "eval/output/csv_reader.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kTrials =
    "  - {name: noise, repeat: 2, sweep: {r: [0.1, 0.3]}, perturb: [{sites: {tensor: weight}, "
    "noise: "
    "gaussian, strength: {relative_l2: \"${r}\"}}]}\n"
    "  - {name: flat, repeat: 2, sweep: {r: [0.1, 0.3]}, perturb: [{sites: {tensor: weight}, "
    "noise: "
    "uniform, strength: {relative_l2: \"${r}\"}}]}\n"
    "  - {name: w3, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 3, granularity: "
    "channel}]}\n";

/// A run of two models over 12 windows.
class IntegrationCompare : public testing::Test {
 protected:
  IntegrationCompare() {
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

TEST_F(IntegrationCompare, ListsWhatThereIs) {
  const ProgramResult listed = program({"compare", "r"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_EQ(listed.out,
            "  noise  r=0.1|0.3  (2 seeds)\n"
            "  flat   r=0.1|0.3  (2 seeds)\n"
            "  w3\n"
            "\nnoisefloor compare r TRIAL TRIAL...: the first is the one that the others are "
            "compared with\n");
}

TEST_F(IntegrationCompare, ComparesLinesOfEqualStrengthAndWritesThem) {
  const ProgramResult compared = program({"compare", "r", "noise", "flat", "--csv", "c.csv"});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_EQ(compared.err, "");
  EXPECT_NE(compared.out.find("opt: nll, 372 tokens scored in 12 windows\n  flat r=0.1 "
                              "(2 seeds)"),
            std::string::npos)
      << compared.out;
  const auto lines = parse_csv(read_text_file(files_ / "c.csv"));
  ASSERT_EQ(lines.size(), 1u + 2 * 2 * 4);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i][4], lines[i][8]);  // r and against_r
    EXPECT_EQ(lines[i][12], "paired");
  }
}

TEST_F(IntegrationCompare, TakesOneTrialAgainstAllOthers) {
  const ProgramResult compared = program({"compare", "r", "w3"});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  for (const char* line : {"  noise r=0.1 (2 seeds) ", "  noise r=0.3 (2 seeds) ",
                           "  flat r=0.1 (2 seeds) ", "llama: KL, 372"})
    EXPECT_NE(compared.out.find(line), std::string::npos) << compared.out;
}

TEST_F(IntegrationCompare, DoesNotCrossWhatATrialCannotTellApart) {
  const ProgramResult compared = program({"compare", "r", "noise"});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_EQ(compared.out.find("  w3"), std::string::npos) << compared.out;
  EXPECT_NE(compared.out.find("\nnoise has 2 points that w3 does not tell apart: name one, as "
                              "noise:r=0.1\n"),
            std::string::npos)
      << compared.out;
}

TEST_F(IntegrationCompare, SaysWhereThereIsNoRecordYet) {
  std::filesystem::remove(files_ / "r" / "records.jsonl");
  std::ofstream(files_ / "r" / "records.jsonl").flush();
  const ProgramResult compared = program({"compare", "r", "noise", "flat"});
  EXPECT_EQ(compared.exit_code, 2);
  EXPECT_EQ(compared.err,
            "error: r/records.jsonl: holds no records yet, there is nothing to compare\n");
}

TEST_F(IntegrationCompare, AnswersWhatIsAsked) {
  const ProgramResult ratio = program({"compare", "r", "noise:r=0.1", "flat:r=0.1", "--ratio",
                                       "--equivalent", "5%", "--format", "csv"});
  ASSERT_EQ(ratio.exit_code, 0) << ratio.err;
  const auto lines = parse_csv(ratio.out);
  ASSERT_EQ(lines.size(), 1u + 2);  // KL of two models
  const auto figure = std::find(lines[0].begin(), lines[0].end(), "figure") - lines[0].begin();
  EXPECT_EQ(lines[1].at(static_cast<std::size_t>(figure)), "kl");
  const ProgramResult pairs = program(
      {"compare", "r", "--all-pairs", "--figure", "kl", "--sort=-p", "--format", "markdown"});
  ASSERT_EQ(pairs.exit_code, 0) << pairs.err;
  EXPECT_NE(pairs.out.find("flat r=0.3 (2 seeds) against noise r=0.1 (2 seeds) |"),
            std::string::npos)
      << pairs.out;
  EXPECT_EQ(program({"compare", "r", "w3", "--figure", "kl_revers"}).err,
            "error: --figure: unknown figure 'kl_revers'; did you mean 'kl_reverse'?\n");
  EXPECT_EQ(program({"compare", "r", "w3", "--figure", "nll", "--ratio"}).err,
            "error: --ratio: nll is not counted from 0, so its ratio says nothing; take kl or "
            "kl_reverse\n");
  EXPECT_EQ(program({"compare", "r", "w3", "--sort", "diference"}).err,
            "error: --sort: unknown key 'diference'; did you mean 'difference'?\n");
  EXPECT_EQ(program({"compare", "r", "w3", "--format", "latx"}).err,
            "error: --format: unknown format 'latx'; did you mean 'latex'?\n");
}

TEST_F(IntegrationCompare, SaysNoDifferenceOfATrialAndItself) {
  const ProgramResult compared = program({"compare", "r", "w3", "w3"});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_NE(compared.out.find("  0  no difference\n"), std::string::npos) << compared.out;
  EXPECT_EQ(compared.out.find("nan"), std::string::npos) << compared.out;
}

TEST_F(IntegrationCompare, NamesMistakes) {
  const ProgramResult misspelt = program({"compare", "r", "noise", "flta"});
  EXPECT_EQ(misspelt.exit_code, 2);
  EXPECT_EQ(misspelt.err,
            "error: flta: the folder has no trial of that name; did you mean 'flat'?\n");
  const ProgramResult no_folder = program({"compare", "x", "noise", "flat"});
  EXPECT_EQ(no_folder.exit_code, 2);
  EXPECT_EQ(no_folder.err, "error: x: no such folder\n");
  const ProgramResult refused = program({"compare", "r", "noise", "flat", "--csv", "text.txt"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err,
            "error: --csv text.txt: is there already and no comparison of noisefloor; choose "
            "another name\n");
  EXPECT_EQ(refused.out, "");
}

TEST_F(IntegrationCompare, WorksOnAMergedFolder) {
  ASSERT_EQ(program({"merge", "r", "--out", "m"}).exit_code, 0);
  const ProgramResult of_run = program({"compare", "r", "noise:r=0.1", "w3"});
  ASSERT_EQ(of_run.exit_code, 0) << of_run.err;
  EXPECT_EQ(program({"compare", "m", "noise:r=0.1", "w3"}).out, of_run.out);
}

}  // namespace
}  // namespace nf
