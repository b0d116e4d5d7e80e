/// run_experiment with generators, searches and stopping rules: what they run, that nothing but the
/// experiment decides it, and that they go on where they were stopped.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/base/parallel.h"
#include "core/io/read_file.h"
#include "eval/batch/merge.h"
#include "eval/run/run_experiment.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/design_trials.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/threads.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

using Row = std::map<std::string, std::string>;

constexpr Index kContext = 128;
constexpr Index kTokens = 96 * kContext;  // three stages of a stopping rule

class IntegrationDesigns : public testing::Test {
 protected:
  IntegrationDesigns() {
    write_npy(files_ / "ids.npy", std::to_string(kTokens) + ",", random_ids(kTokens, 300));
  }

  RunOutcome run(const std::string& trials, const std::string& out, RunOptions options = {},
                 Index windows = 8) const {
    const fs::path yaml = files_.write(
        out + ".yaml",
        fmt::format("experiment: e\nmodel: llama\ndata: {{ids: ids.npy, context: {}, windows: "
                    "{}}}\nfloor: false\n{}",
                    kContext, windows, trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    options.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, options, progress);
  }
  /// The same, stopped again and again once a wave is recorded, until it is done.
  void run_with_stops(const std::string& trials, const std::string& out, Index windows = 8) const {
    int asked = 0, stops = 0;
    const RunOptions stopping{.should_stop = [&] { return ++asked > 1; }};
    while (run(trials, out, stopping, windows).interrupted) {
      ASSERT_LT(++stops, 100);
      asked = 0;
    }
    EXPECT_GE(stops, 2);
  }
  std::vector<Row> results(const std::string& out, const std::string& name) const {
    std::vector<Row> rows;
    for (const Row& row : read_csv(files_ / out / "results.csv"))
      if (row.at("name") == name) rows.push_back(row);
    return rows;
  }
  std::vector<Json> records(const std::string& out) const {
    std::vector<Json> records;
    std::istringstream file(read_text_file(files_ / out / "records.jsonl"));
    for (std::string line; std::getline(file, line);) records.push_back(Json::parse(line));
    return records;
  }
  void expect_same(const std::string& a, const std::string& b) const {
    EXPECT_EQ(comparable_records(files_ / a), comparable_records(files_ / b));
    for (const char* name : {"results.csv", "sites.csv"})
      EXPECT_EQ(read_text_file(files_ / a / name), read_text_file(files_ / b / name)) << name;
  }

  Threads threads_{1};  // these models are too small to share out
  ExperimentFiles files_;
};

TEST_F(IntegrationDesigns, GiveTheRowsOfTheirLevels) {
  run("trials:\n  - {name: map, each: layer, " + kNoise +
          "}\n  - {name: without, leave_one_out: "
          "role, " +
          kQuantizer + "}\n  - {name: first-k, cumulative: layer, " + kQuantizer +
          "}\n  - {name: inter, pairs: role, " + kNoise + "}\n",
      "out");
  const auto column = [&](const std::string& name, const std::string& key) {
    std::vector<std::string> values;
    for (const Row& row : results("out", name)) values.push_back(row.at(key));
    return values;
  };
  EXPECT_EQ(column("map", "layer"), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(column("without", "role").size(), 7u);
  EXPECT_EQ(column("first-k", "k"), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(column("inter", "role").size(), 7u + 21u + 1u);
  EXPECT_EQ(column("inter", "role").back(), "all");
  // All layers but none without, and the first two of two: the whole model.
  run("trials:\n  - {name: whole, " + kQuantizer + "}\n", "whole");
  EXPECT_EQ(results("out", "first-k").back().at("nll"),
            results("whole", "whole").front().at("nll"));
}

TEST_F(IntegrationDesigns, FactorialTellsEffectsOfRoles) {
  const std::string trials = "trials:\n  - {name: few, factorial: role, " + kNoise +
                             "}\n  - {name: main, factorial: {of: role, resolution: 4}, " + kNoise +
                             "}\n  - {name: inter, pairs: role, " + kNoise + "}\n";
  run(trials, "out");
  const std::vector<Row> few = results("out", "few"), inter = results("out", "inter");
  EXPECT_EQ(few.size(), 63u);
  EXPECT_EQ(results("out", "main").size(), 15u);
  EXPECT_EQ(few.front().at("role"), "q_proj+gate_proj");
  // A trial of the factorial that means a pair is the same condition, computed once.
  const auto kl_of = [](const std::vector<Row>& rows, const std::string& role) {
    for (const Row& row : rows)
      if (row.at("role") == role) return std::stod(row.at("kl"));
    return -1.0;
  };
  EXPECT_EQ(kl_of(few, "q_proj+k_proj"), kl_of(inter, "q_proj+k_proj"));
  std::set<std::string> ids;
  for (const Json& record : records("out")) ids.insert(record["id"].get<std::string>());
  EXPECT_LT(ids.size(), 1u + 63u + 15u + 29u);

  double mains = 0.0;
  std::map<std::string, std::map<std::string, int>> counts;  // by name and effect
  for (const Row& row : read_csv(files_ / "out/effects.csv")) {
    ++counts[row.at("name")][row.at("effect")];
    if (row.at("name") == "few" && row.at("metric") == "kl" && row.at("effect") == "main")
      mains += std::stod(row.at("estimate"));
  }
  EXPECT_EQ(counts["few"],
            (std::map<std::string, int>{{"main", 14}, {"interaction", 42}, {"additivity", 2}}));
  EXPECT_EQ(counts["main"], (std::map<std::string, int>{{"main", 14}}));
  // The main effects are the levels' shares in all together, but for what goes beyond pairs.
  constexpr double kBeyondPairs = 0.02;
  EXPECT_NEAR(mains / kl_of(inter, "all"), 1.0, kBeyondPairs);

  // The folder knows its designs: the effects are the same when its experiment is not read.
  const std::string effects = read_text_file(files_ / "out/effects.csv");
  for (Index i = 0; i < 2; ++i)
    run(trials, "shard" + std::to_string(i), {.shard = {.index = i, .count = 2}});
  const std::string part = read_text_file(files_ / "shard0/effects.csv");
  EXPECT_NE(part.find("kl,main,q_proj,,,,,,\"needs all 63 trials, has "), std::string::npos);
  merge_runs({.runs = {files_ / "shard0", files_ / "shard1"}, .out = files_ / "merged"},
             builtin_metrics());
  EXPECT_EQ(read_text_file(files_ / "merged/effects.csv"), effects);
}

TEST_F(IntegrationDesigns, SearchesReachTheirTarget) {
  run("trials:\n" + kTolerance, "out");
  const std::vector<Row> rows = results("out", "tolerance");
  ASSERT_EQ(rows.size(), 7u);
  std::set<std::string> roles;
  for (const Row& row : rows) {
    roles.insert(row.at("role"));
    EXPECT_NEAR(std::stod(row.at("kl")), 0.0005, 0.05 * 0.0005) << row.at("role");
    EXPECT_GT(std::stod(row.at("bisect")), 0.001);
    // The strength is what was found.
    EXPECT_NEAR(std::stod(row.at("relative_l2_weight")), std::stod(row.at("bisect")), 1e-5);
  }
  EXPECT_EQ(roles.size(), 7u);
  for (const Row& row : read_csv(files_ / "out/searches.csv")) {
    EXPECT_EQ(row.at("state"), "converged");
    EXPECT_LE(std::stoi(row.at("steps")), 6);
  }
}

TEST_F(IntegrationDesigns, SearchesShareConditionsWithTrials) {
  // The search begins in the geometric middle of its range, which is the trial's strength.
  run("trials:\n  - {name: plain, " + kNoise +
          "}\n  - name: search\n"
          "    bisect: {range: [0.01, 1], target: {kl: 0.0005}}\n"
          "    perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
          "\"${bisect}\"}}]\n",
      "out");
  std::set<std::string> ids;
  for (const Json& record : records("out"))
    EXPECT_TRUE(ids.insert(record["id"].get<std::string>()).second) << record["name"];
  EXPECT_GE(ids.size(), 3u);
}

TEST_F(IntegrationDesigns, TheBaselineEndsWithTheLastSearchThatStops) {
  // So wide that every step stops at the first look, of three; and so is the search's tolerance.
  run("stop: {kl_halfwidth: 100}\ntrials:\n"
      "  - {name: bear, each: layer, bisect: {range: [0.001, 2], target: {kl: 50}, rel_tolerance: "
      "0.9}, "
      "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
      "\"${bisect}\"}}]}\n",
      "out", {}, 96);
  EXPECT_EQ(std::stoi(results("out", "baseline").front().at("tokens")), 32 * (kContext - 1));
}

TEST_F(IntegrationDesigns, SearchesGoOnWhereTheyWereStopped) {
  run("trials:\n" + kTolerance, "straight");
  run_with_stops("trials:\n" + kTolerance, "out");
  expect_same("out", "straight");
  EXPECT_EQ(read_text_file(files_ / "out/searches.csv"),
            read_text_file(files_ / "straight/searches.csv"));
}

TEST_F(IntegrationDesigns, TrialsStopWhereTheirIntervalIsNarrow) {
  // The half-width after each of the three stages, of a trial that never stops.
  run("stop: {kl_halfwidth: 1.0e-12}\ntrials:\n  - {name: small, " + kNoise + "}\n", "never", {},
      96);
  std::vector<double> halfwidths;
  for (const Json& record : records("never"))
    if (record["name"] == "small") halfwidths.push_back(record["stop"]["kl_halfwidth"]);
  ASSERT_EQ(halfwidths.size(), 3u);
  ASSERT_LT(halfwidths[1], halfwidths[0]);
  const std::string stop =
      fmt::format("stop: {{kl_halfwidth: {}}}\n", 0.5 * (halfwidths[0] + halfwidths[1]));
  const std::string trials =
      stop + "trials:\n  - {name: small, " + kNoise + "}\n  - {name: whole, stop: none, " + kNoise +
      "}\n  - {name: never, stop: {kl_halfwidth: 1.0e-12}, " + kNoise + "}\n";
  run(trials, "out", {}, 96);
  const Row small = results("out", "small").front();
  EXPECT_EQ(std::stoi(small.at("tokens")), 64 * (kContext - 1));
  for (const char* name : {"whole", "never", "baseline"})
    EXPECT_EQ(std::stoi(results("out", name).front().at("tokens")), 96 * (kContext - 1)) << name;
  // The same condition with another stopping rule is another trial, though of the same sums.
  EXPECT_EQ(results("out", "whole").front().at("nll"), results("out", "never").front().at("nll"));
  std::set<std::string> ids;
  int stops_said = 0;
  for (const Json& record : records("out")) {
    if (record["name"] != "baseline") ids.insert(record["id"]);
    const bool may_stop = record["name"] == "small" || record["name"] == "never";
    EXPECT_EQ(record.contains("stop"), may_stop);
    if (!may_stop || !record["stop"]["reached"].get<bool>()) continue;
    ++stops_said;
    EXPECT_EQ(record["name"], "small");
    EXPECT_EQ(record["stop"]["kl_halfwidth"].get<double>(), halfwidths[1]);
    EXPECT_EQ(record["stop"]["tokens"].get<int>(), 64 * (kContext - 1));
  }
  EXPECT_EQ(stops_said, 1);
  EXPECT_EQ(ids.size(), 3u);
  // Neither company, nor threads, nor a stop in between moves the place.
  run(stop + "trials:\n  - {name: small, " + kNoise + "}\n", "alone", {}, 96);
  EXPECT_EQ(results("alone", "small").front(), small);
  // Alone, the baseline has nothing left to be compared with.
  EXPECT_EQ(results("alone", "baseline").front().at("tokens"), small.at("tokens"));
  set_thread_count(3);
  run_with_stops(trials, "again", 96);
  expect_same("again", "out");
}

TEST_F(IntegrationDesigns, ShardsHoldEveryTrialOnce) {
  const std::string trials = "trials:\n  - {name: map, each: site, " + kNoise + "}\n" + kTolerance;
  run(trials, "whole");
  std::map<std::string, std::string> all, apart;
  const auto add = [&](const std::string& out, std::map<std::string, std::string>& rows) {
    for (const Row& row : read_csv(files_ / out / "results.csv")) {
      if (row.at("name") == "baseline") continue;
      const auto field = [&row](const char* column) {
        const auto found = row.find(column);  // a shard without searches has no column for them
        return found == row.end() ? "" : found->second;
      };
      const std::string key = field("name") + field("site") + field("role");
      EXPECT_TRUE(rows.emplace(key, field("kl") + field("bisect")).second) << key;
    }
  };
  add("whole", all);
  for (Index i = 0; i < 3; ++i) {
    const std::string out = "shard" + std::to_string(i);
    run(trials, out, {.shard = {.index = i, .count = 3}});
    add(out, apart);
  }
  EXPECT_EQ(all.size(), 14u + 7u);
  EXPECT_EQ(apart, all);
}

TEST_F(IntegrationDesigns, CostWhatWasPlanned) {
  const std::string trials = "trials:\n  - {name: map, each: layer, " + kNoise +
                             "}\n  - {name: inter, pairs: role, " + kNoise + "}\n";
  run(trials, "out");
  const Json calls = Json::parse(read_text_file(files_ / "out/plan.json"));
  ASSERT_EQ(calls.size(), 1u);
  ASSERT_EQ(calls[0]["models"].size(), 1u);
  const Json &planned = calls[0]["models"][0]["planned"], &actual = calls[0]["models"][0]["actual"];
  for (const char* key : {"flops", "block_passes", "head_passes", "waves"})
    EXPECT_EQ(planned[key], actual[key]) << key;
  EXPECT_EQ(planned["trials"], 2 + 29);
  EXPECT_LT(planned["block_passes"], planned["unshared_block_passes"]);
  EXPECT_GT(planned["seconds"].get<double>(), 0.0);
  EXPECT_LT(actual["peak_bytes"].get<double>(), planned["peak_bytes"].get<double>());
}

}  // namespace
}  // namespace nf
