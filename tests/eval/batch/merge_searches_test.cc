/// Folders with searches that stand at different steps, joined: what comes out is what one run
/// would have left.

#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/batch/merge.h"
#include "eval/export/records_csv.h"
#include "eval/run/run_experiment.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/design_trials.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 128;
constexpr Index kWindows = 8;
constexpr std::size_t kFirstRound = 1 + 7;  // records: the baseline and a step of each role

/// Searches of more than two steps each.
std::string narrow() {
  std::string trial = kTolerance;
  return trial.replace(trial.find("0.05,"), 5, "0.0001,");
}

const char* const kFiles[] = {"results.csv", "statistics.csv", "sites.csv",    "searches.csv",
                              "effects.csv", "confidence.csv", "documents.csv"};

class IntegrationMergeSearches : public testing::Test {
 protected:
  IntegrationMergeSearches() {
    write_npy(files_ / "ids.npy", std::to_string(kWindows * kContext) + ",",
              random_ids(kWindows * kContext, 300));
  }

  RunOutcome run(const std::string& trials, const std::string& out, RunOptions options = {}) const {
    const fs::path yaml = files_.write(
        "e.yaml",
        fmt::format("experiment: e\nmodel: llama\ndata: {{ids: ids.npy, context: {}, windows: "
                    "{}}}\nfloor: false\ndetail: confidence\ntrials:\n{}",
                    kContext, kWindows, trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    options.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, options, progress);
  }
  std::size_t records(const std::string& out) const {
    return RunFolder::read(files_ / out).records.size();
  }
  /// Stopped in the middle of its searches.
  void run_half(const std::string& trials, const std::string& out) const {
    const std::size_t before = fs::exists(files_ / out) ? records(out) : kFirstRound;
    while (true) {
      int asked = 0;
      ASSERT_TRUE(run(trials, out, {.should_stop = [&] { return ++asked > 1; }}).interrupted);
      if (records(out) > before) return;
    }
  }
  void copy(const std::string& from, const std::string& to) const {
    fs::copy(files_ / from, files_ / to, fs::copy_options::recursive);
  }
  void merge(const std::vector<std::string>& runs, const std::string& out) const {
    MergeOptions options{.runs = {}, .out = files_ / out};
    for (const std::string& run : runs) options.runs.push_back(files_ / run);
    merge_runs(options, builtin_metrics());
  }
  std::string text(const std::string& out, const std::string& name) const {
    return fs::exists(files_ / out / name) ? read_text_file(files_ / out / name) : "";
  }
  void expect_same(const std::string& a, const std::string& b) const {
    for (const char* name : kFiles) EXPECT_EQ(text(a, name), text(b, name)) << name;
    EXPECT_EQ(comparable_records(files_ / a), comparable_records(files_ / b));
    export_csv(RunFolder::read(files_ / a), files_ / "a.csv");
    export_csv(RunFolder::read(files_ / b), files_ / "b.csv");
    EXPECT_EQ(read_text_file(files_ / "a.csv"), read_text_file(files_ / "b.csv"));
  }

  Threads threads_{1};  // these models are too small to share out
  ExperimentFiles files_;
};

TEST_F(IntegrationMergeSearches, AFolderAndItsContinuation) {
  run(narrow(), "straight");
  run_half(narrow(), "half");
  ASSERT_LT(records("half"), records("straight"));
  copy("half", "rest");
  run(narrow(), "rest");
  for (const auto& order : {std::vector<std::string>{"half", "rest"}, {"rest", "half"}}) {
    fs::remove_all(files_ / "m");
    merge(order, "m");
    expect_same("m", "straight");
    EXPECT_EQ(read_csv(files_ / "m/results.csv").size(), kFirstRound);
  }
}

TEST_F(IntegrationMergeSearches, FoldersThatWentOnApart) {
  run(narrow(), "straight");
  run_half(narrow(), "a");
  copy("a", "b");
  run_half(narrow(), "b");
  run_half(narrow(), "c");  // the first steps once more
  merge({"a", "c", "b"}, "m");
  EXPECT_EQ(text("m", "searches.csv"), text("b", "searches.csv"));
  EXPECT_EQ(text("m", "results.csv"), text("b", "results.csv"));
  run(narrow(), "m");
  expect_same("m", "straight");
}

TEST_F(IntegrationMergeSearches, ShardsAndWhatAKilledRunHasNotWritten) {
  const std::string trials = "  - {name: plain, " + kNoise + "}\n" + narrow();
  run(trials, "straight");
  run(trials, "s0", {.shard = {.index = 0, .count = 2}});
  run(trials, "s1", {.shard = {.index = 1, .count = 2}});
  merge({"s0", "s1"}, "m");
  expect_same("m", "straight");
  // The manifest of a killed run is that of its last round's beginning; its csv files are older.
  Json manifest = read_json(files_ / "s0/manifest.json");
  manifest.erase("csv_records");
  for (Json& row : manifest["rows"]) {
    if (!row.contains("search")) continue;
    row["id"] = "";
    row["vars"].erase("bisect");
  }
  files_.write("s0/manifest.json", manifest.dump());
  for (const char* name : kFiles) fs::remove(files_ / "s0" / name);
  fs::remove_all(files_ / "m");
  merge({"s0", "s1"}, "m");
  expect_same("m", "straight");
}

TEST_F(IntegrationMergeSearches, StepsRecordedUnderAnotherTrialsName) {
  // Searches for two targets begin with the same value, which is also a trial's strength.
  const auto search = [](const std::string& name, const char* target) {
    return "  - {name: " + name + ", bisect: {range: [0.01, 1], target: {kl: " + target +
           "}}, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
           "\"${bisect}\"}}]}\n";
  };
  run("  - {name: plain, " + kNoise + "}\n" + search("low", "0.0005") + search("high", "0.001"),
      "out");
  merge({"out"}, "m");
  expect_same("m", "out");
  EXPECT_EQ(read_csv(files_ / "m/searches.csv").size(), 2u);
}

TEST_F(IntegrationMergeSearches, RefusesTwoSearchesOfOneName) {
  run(narrow(), "a");
  std::string other = narrow();
  other.replace(other.find("0.0005"), 6, "0.0006");
  run(other, "b");
  try {
    merge({"a", "b"}, "m");
    FAIL() << "merged";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("b/manifest.json: trial 'tolerance role=q_proj"),
              std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("does something else"), std::string::npos);
  }
}

}  // namespace
}  // namespace nf
