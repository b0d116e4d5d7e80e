/// The floor: the untouched model with its products summed in halves, run as a record of its own.

#include <gtest/gtest.h>

#include <set>

#include "core/io/read_file.h"
#include "core/model/decoder.h"
#include "eval/batch/merge.h"
#include "eval/run/run_experiment.h"
#include "eval/verify/verify.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/stage_support.h"
#include "tests/support/threads.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

constexpr Index kContext = 128;
const std::string kTrials =
    "trials:\n"
    "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n"
    "  - {name: nearly, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 1.0e-8}}]}\n";
constexpr std::size_t kConditions = 4;  // the baseline among them

class IntegrationFloor : public testing::Test {
 protected:
  IntegrationFloor() { write_npy(files_ / "ids.npy", "12288,", random_ids(12288, 300)); }

  RunOutcome run(const std::string& out, Index windows = 12, const std::string& more = "",
                 RunOptions options = {}, const std::string& trials = kTrials) const {
    const std::filesystem::path yaml =
        files_.write("e.yaml", fmt::format("experiment: e\nmodel: [opt, llama]\ndata: {{ids: "
                                           "ids.npy, context: {}, windows: {}}}\n{}{}",
                                           kContext, windows, more, trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    options.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, options, progress);
  }
  std::vector<Json> records(const std::string& out) const {
    std::vector<Json> records;
    for (const std::string& line : comparable_records(files_ / out))
      records.push_back(Json::parse(line));
    return records;
  }
  std::vector<Json> floors(const std::string& out, const std::string& model = "llama") const {
    std::vector<Json> found;
    for (const Json& record : records(out))
      if (record["name"] == "floor" && record["model"] == model) found.push_back(record);
    return found;
  }
  /// The sum of KL by window of the floor.
  std::map<Index, double> kl_by_window(const std::string& out) const {
    std::map<Index, double> sums;
    for (const Json& record : floors(out))
      for (const Json& window : record["windows"])
        EXPECT_TRUE(sums.emplace(window["window"], window["kl"]).second) << window["window"];
    return sums;
  }
  void expect_same(const std::string& a, const std::string& b) const {
    EXPECT_EQ(comparable_records(files_ / a), comparable_records(files_ / b));
    EXPECT_EQ(read_text_file(files_ / a / "results.csv"),
              read_text_file(files_ / b / "results.csv"));
  }

  Threads threads_{2};
  ExperimentFiles files_;
};

TEST_F(IntegrationFloor, IsSmallAndAboveZeroAndInEveryRowOfItsModel) {
  run("out");
  std::map<std::string, std::set<std::string>> floors_of;
  for (auto& row : read_csv(files_ / "out/results.csv")) {
    EXPECT_NE(row["name"], "floor");
    floors_of[row["model"]].insert(row["kl_floor"]);
    EXPECT_EQ(row["below_floor"],
              std::stod(row["kl"]) < 4.0 * std::stod(row["kl_floor"]) ? "true" : "false");
    if (row["name"] != "noise") continue;
    EXPECT_EQ(row["below_floor"], "false");
  }
  for (const std::string model : {"opt", "llama"}) {
    ASSERT_EQ(floors_of[model].size(), 1u) << model;
    const double floor = std::stod(*floors_of[model].begin());
    EXPECT_GT(floor, 1e-16) << model;
    EXPECT_LT(floor, 1e-8) << model;
    const std::vector<Json> records = floors("out", model);
    ASSERT_EQ(records.size(), 1u);
    EXPECT_TRUE(records[0]["seed"].is_null());
    ASSERT_EQ(records[0]["windows"].size(), 8u);
    double kl = 0.0;
    for (const Json& window : records[0]["windows"]) kl += window["kl"].get<double>();
    EXPECT_EQ(kl / (8.0 * (kContext - 1)), floor);
  }
}

TEST_F(IntegrationFloor, IsTheSameWithAnyStagesThreadsAndCompany) {
  run("out");
  const std::map<Index, double> sums = kl_by_window("out");
  ASSERT_EQ(sums.size(), 8u);
  run("few", 3);
  ASSERT_EQ(kl_by_window("few").size(), 3u);
  // A stop rule visits the text in another order, in stages of 32 windows, and ends nothing of it.
  run("stops", 96, "stop: {kl_halfwidth: 100}\n");
  EXPECT_GT(floors("stops").size(), 1u);
  EXPECT_EQ(kl_by_window("stops"), sums);
  set_thread_count(3);
  run("alone", 12, "", {}, "trials: []\n");
  EXPECT_EQ(kl_by_window("alone"), sums);
}

TEST_F(IntegrationFloor, IsRunByOneShardAndMergedIntoTheWhole) {
  run("whole");
  for (Index i = 0; i < 3; ++i)
    run("part" + std::to_string(i), 12, "", {.shard = {.index = i, .count = 3}});
  std::size_t with_floor = 0;
  for (const char* part : {"part0", "part1", "part2"}) with_floor += floors(part).size();
  EXPECT_EQ(with_floor, 1u);
  merge_runs({.runs = {files_ / "part1", files_ / "part0", files_ / "part2"}, .out = files_ / "m"},
             builtin_metrics());
  EXPECT_EQ(comparable_records(files_ / "m"), comparable_records(files_ / "whole"));
  EXPECT_EQ(read_csv(files_ / "m/results.csv").front().at("kl_floor"),
            read_csv(files_ / "whole/results.csv").front().at("kl_floor"));
}

TEST_F(IntegrationFloor, IsAddedToARunThatWasWithoutIt) {
  run("whole");
  run("out", 12, "floor: false\n");
  EXPECT_EQ(floors("out").size(), 0u);
  ASSERT_EQ(records("out").size(), 2 * kConditions);
  for (auto& row : read_csv(files_ / "out/results.csv")) {
    EXPECT_EQ(row["kl_floor"], "");
    EXPECT_EQ(row["below_floor"], "");
  }
  run("out");  // the trials' records are found again under their ids
  expect_same("out", "whole");
}

TEST_F(IntegrationFloor, IsVerifiedLikeATrial) {
  run("out");
  const auto verify = [this] {
    Progress progress(stderr, Progress::Style::quiet);
    return verify_run(RunFolder::read(files_ / "out"), Kinds::builtin(), {}, progress);
  };
  VerifyReport report = verify();
  EXPECT_TRUE(report.equal()) << report.text();
  EXPECT_EQ(report.rerun, std::ssize(records("out")));
  std::string text;
  std::istringstream lines(read_text_file(files_ / "out/records.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    Json record = Json::parse(line);
    if (record["name"] == "floor") record["windows"][5]["kl"] = 1e-9;
    text += record.dump() + '\n';
  }
  files_.write("out/records.jsonl", text);
  report = verify();
  EXPECT_NE(report.text().find("floor: window 5: kl: stored 1e-09"), std::string::npos)
      << report.text();
}

TEST_F(IntegrationFloor, NeedsAText) {
  files_.write("q.jsonl", R"({"context": "a b c", "choices": [" d", " e"], "gold": 0})"
                          "\n");
  const std::filesystem::path yaml =
      files_.write("t.yaml",
                   "experiment: t\nmodel: opt\ntasks: [{name: q, kind: multiple_choice, file: "
                   "q.jsonl}]\n" +
                       kTrials);
  Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
  Progress progress(stderr, Progress::Style::quiet);
  run_experiment(experiment, {.out = files_ / "t"}, progress);
  EXPECT_EQ(records("t").size(), kConditions);
  EXPECT_EQ(read_csv(files_ / "t/results.csv").front().at("kl_floor"), "");
}

/// Projections beside the blocks are linears too.
TEST(FloorLane, RoundsProjectionsAndTheHeadInAnyCompany) {
  for (const bool projected : {false, true}) {
    const TempDir dir;
    (projected ? tiny_opt_350m() : tiny_llama()).write(dir / "m");
    Decoder decoder = Decoder::open(dir / "m", Kinds::builtin()->architectures);
    decoder.prepare(64);
    const EvalSet set = window_set(random_ids(5 * 64, 264), {.context = 64});
    const ModelTrial floor = ModelTrial::floor(decoder.spec());
    const StageResult alone = run_together(decoder, set, {0, 5}, {&floor});
    EXPECT_GT(total_kl(alone.lanes[0].items), 0.0);
    EXPECT_TRUE(alone.lanes[0].sites.empty());
    const StageResult twice = run_together(decoder, set, {0, 5}, {&floor, &floor});
    expect_same_lane(twice.lanes[1], alone.lanes[0]);
    const StageResult part = run_together(decoder, set, {1, 3}, {&floor});
    expect_same_bits(part.lanes[0].items,
                     ItemSums(alone.lanes[0].items.begin() + 1, alone.lanes[0].items.begin() + 3));
  }
}

}  // namespace
}  // namespace nf
