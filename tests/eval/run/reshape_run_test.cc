/// Trials on models of another shape: `reshape:`.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/io/read_file.h"
#include "eval/batch/merge.h"
#include "eval/run/run_experiment.h"
#include "eval/verify/verify.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

const std::string kSweep =
    "  - name: q\n"
    "    sweep: {f: [1, 8, 64], by: [tensor, token]}\n"
    "    reshape: {outliers: {channels: 3, factor: \"${f}\"}}\n"
    "    quantize: [{sites: {tensor: input, roles: [q_proj, k_proj, v_proj, up_proj]}, grid: "
    "uniform, bits: 8, granularity: \"${by}\"}]\n";
const std::string kPerInput =
    "  - name: ic\n"
    "    sweep: {f: [1, 8, 64]}\n"
    "    reshape: {outliers: {channels: 3, factor: \"${f}\"}}\n"
    "    quantize: W4 per-ic8\n";
const std::string kPlain =
    "  - {name: plain, quantize: [{sites: {tensor: input, roles: [q_proj, k_proj, v_proj, "
    "up_proj]}, grid: uniform, bits: 8, granularity: tensor}]}\n";
const std::string kSmooth =
    "  - name: smooth\n"
    "    sweep: {f: [1, 64]}\n"
    "    reshape: {outliers: {channels: 3, factor: \"${f}\"}}\n"
    "    quantize: W8A8 tensor smoothquant0.5\n";
const std::string kSet = "calibration: {ref: {text: text.txt, context: 32, windows: 4}}\n";
const std::string kSearch =
    "  - name: search\n"
    "    bisect: {range: [0.01, 0.5], target: {kl: 0.05}, max_steps: 4}\n"
    "    reshape: {flatten: true}\n"
    "    perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
    "\"${bisect}\"}}]\n";

class IntegrationReshape : public testing::Test {
 protected:
  void run(const std::string& out, const std::string& trials, const std::string& more = "",
           RunOptions options = {}) const {
    const std::filesystem::path yaml =
        files_.write(out + ".yaml",
                     "experiment: e\nmodel: [opt, llama]\ndata: {text: text.txt, context: 64, "
                     "windows: 4}\n" +
                         more + "trials:" + (trials.empty() ? " []\n" : "\n" + trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    options.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    run_experiment(experiment, options, progress);
  }
  using Row = std::map<std::string, std::string>;
  std::vector<Row> rows(const std::string& out, const std::string& model = "opt") const {
    std::vector<Row> found;
    for (Row& row : read_csv(files_ / out / "results.csv"))
      if (row["model"] == model) found.push_back(std::move(row));
    return found;
  }
  double kl(const std::string& out, const Row& of, const std::string& model = "opt") const {
    for (Row& row : rows(out, model))
      if (std::all_of(of.begin(), of.end(),
                      [&row](const auto& cell) { return row[cell.first] == cell.second; }))
        return std::stod(row["kl"]);
    ADD_FAILURE() << "no such row in " << out;
    return 0.0;
  }

  Threads threads_{2};
  ExperimentFiles files_;
};

TEST_F(IntegrationReshape, OutliersCostInputsOfOneScaleAndWeightsPerInputNothing) {
  run("out", kSweep + kPerInput);
  for (const std::string model : {"opt", "llama"}) {
    const auto of = [&](const std::string& f, const std::string& by) {
      return kl("out", {{"name", "q"}, {"f", f}, {"by", by}}, model);
    };
    EXPECT_GT(of("64", "tensor"), 20.0 * of("1", "tensor")) << model;
    EXPECT_GT(of("64", "tensor"), of("8", "tensor")) << model;
    // A scale for each input takes the factor of its column with it.
    for (const std::string f : {"8", "64"})
      EXPECT_EQ(kl("out", {{"name", "ic"}, {"f", f}}, model),
                kl("out", {{"name", "ic"}, {"f", "1"}}, model))
          << model;
  }
}

TEST_F(IntegrationReshape, RowsStandInTheOrderOfTheFileUnderOneModel) {
  run("out", kSweep + kPlain);
  std::vector<std::string> names;
  for (Row& row : rows("out")) names.push_back(row["name"] + row["f"] + row["by"]);
  EXPECT_EQ(names, (std::vector<std::string>{"baseline", "q1tensor", "q1token", "q8tensor",
                                             "q8token", "q64tensor", "q64token", "plain"}));
}

/// A factor of 1 is the model as it is, so the two are one condition.
TEST_F(IntegrationReshape, AFactorOfOneHasTheIdOfTheTrialWithout) {
  run("out", kSweep + kPlain);
  std::map<std::string, std::string> ids;
  for (Row& row : rows("out")) ids[row["name"] + row["f"] + row["by"]] = row["id"];
  EXPECT_EQ(ids["plain"], ids["q1tensor"]);
  EXPECT_NE(ids["plain"], ids["q8tensor"]);
}

TEST_F(IntegrationReshape, ABaselineOfAPowerOfTwoHasItsBitsAndAnotherId) {
  run("as-is", "");
  run("reshaped", "", "reshape: {outliers: {channels: 3, factor: 32}}\n");
  run("flat", "", "reshape: {flatten: true}\n");
  for (const std::string model : {"opt", "llama"}) {
    Row as_is = rows("as-is", model)[0], reshaped = rows("reshaped", model)[0],
        flat = rows("flat", model)[0];
    EXPECT_EQ(as_is["nll"], reshaped["nll"]);
    EXPECT_NE(as_is["id"], reshaped["id"]);
    EXPECT_NE(flat["id"], reshaped["id"]);
    EXPECT_NEAR(std::stod(as_is["nll"]), std::stod(flat["nll"]), 1e-5);
  }
}

TEST_F(IntegrationReshape, ATrialHasTheSameBitsInAnyCompanyAndInShards) {
  const std::string trials = kSweep + kPlain + kSmooth + kSearch;
  run("whole", trials, kSet);
  run("alone", kSmooth, kSet);
  EXPECT_EQ(kl("whole", {{"name", "smooth"}, {"f", "64"}}),
            kl("alone", {{"name", "smooth"}, {"f", "64"}}));
  for (const Index i : {0, 1, 2}) {
    RunOptions options;
    options.shard.index = i;
    options.shard.count = 3;
    run("part" + std::to_string(i), trials, kSet, options);
  }
  merge_runs(
      {.runs = {files_ / "part0", files_ / "part1", files_ / "part2"}, .out = files_ / "together"},
      builtin_metrics());
  EXPECT_EQ(recorded_parts(files_ / "together"), recorded_parts(files_ / "whole"));
  EXPECT_EQ(read_text_file(files_ / "together/results.csv"),
            read_text_file(files_ / "whole/results.csv"));
}

/// Baselines of shapes differ in their last bits: only that of the model as it is is recorded, in
/// shards that hold trials of another shape alone as well.
TEST_F(IntegrationReshape, ShardsOfAnotherShapeAloneRecordTheModelsOwnBaseline) {
  const std::string trials =
      "  - name: q\n    sweep: {f: [3, 7]}\n    reshape: {outliers: {channels: 3, factor: "
      "\"${f}\"}}\n    quantize: W8\n";
  run("whole", trials);
  for (const Index i : {0, 1}) {
    RunOptions options;
    options.shard.index = i;
    options.shard.count = 2;
    run("part" + std::to_string(i), trials, "", options);
  }
  merge_runs({.runs = {files_ / "part0", files_ / "part1"}, .out = files_ / "together"},
             builtin_metrics());
  EXPECT_EQ(read_text_file(files_ / "together/results.csv"),
            read_text_file(files_ / "whole/results.csv"));
}

TEST_F(IntegrationReshape, IsVerified) {
  run("out", kSweep + kSmooth + kSearch, kSet);
  Progress progress(stderr, Progress::Style::quiet);
  const VerifyReport report =
      verify_run(RunFolder::read(files_ / "out", RecordParts::all), Kinds::builtin(), {}, progress);
  EXPECT_EQ(report.chosen, report.records);
  EXPECT_EQ(report.rerun, report.records);
  EXPECT_TRUE(report.equal()) << report.text();
}

}  // namespace
}  // namespace nf
