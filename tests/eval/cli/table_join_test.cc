#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "core/base/json.h"
#include "core/io/read_file.h"
#include "eval/output/csv_reader.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/sqlite_query.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Trials of every kind that makes rows or columns, with variables that files have columns of.
const std::string kTrials =
    "  - {name: w4, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
    "channel}]}\n"
    "  - {name: root, sweep: {p: [0.5, 1], b: [3, 4]}, quantize: [{sites: {tensor: weight}, grid: "
    "{power: \"${p}\"}, bits: \"${b}\", granularity: channel}]}\n"
    "  - {name: noise, repeat: 2, sweep: {value: [0.1, 1]}, perturb: [{sites: {tensor: input}, "
    "noise: gaussian, strength: {relative_l2: \"${value}\"}}]}\n"
    "  - {name: drawless, repeat: 2, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 3, "
    "granularity: channel}, {sites: {tensor: input}, grid: uniform, bits: 8, granularity: "
    "token}]}\n"
    "  - {name: by-layer, each: layer, perturb: [{sites: {tensor: weight}, noise: gaussian, "
    "strength: {relative_l2: 0.2}}]}\n"
    "  - {name: inter, pairs: role, repeat: 2, perturb: [{sites: {tensor: weight, roles: [q_proj, "
    "k_proj, v_proj]}, noise: gaussian, strength: {relative_l2: 0.2}}]}\n"
    "  - {name: few, factorial: role, perturb: [{sites: {tensor: weight, roles: [q_proj, k_proj]}, "
    "noise: gaussian, strength: {relative_l2: 0.2}}]}\n"
    "  - {name: skipped, pairs: role, perturb: [{sites: {tensor: weight, roles: [q_proj, "
    "gate_proj, "
    "k_proj]}, noise: gaussian, strength: {relative_l2: 0.2}}]}\n"
    "  - {name: others, repeat: 2, twins: [permuted, resigned], quantize: [{sites: {tensor: "
    "weight}, "
    "grid: uniform, bits: 3, granularity: channel}]}\n"
    "  - {name: bear, repeat: 2, bisect: {range: [0.001, 2], target: {kl: 0.0005}, max_steps: 2}, "
    "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
    "\"${bisect}\"}}]}\n";

const std::string kVariables = "p,b,value,layer,role,bisect,twin";
const std::string kIntegers =
    "seed,b,tokens,windows,seeds,blocks,all_blocks,elements,steps,against_seed,against_seeds,"
    "window,question,choice,document,bytes,top1,greedy,correct,correct_norm";

/// A run with every file that there is, and what `compare` and `export` make of it.
class IntegrationTables : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new ExperimentFiles();
    std::string questions;
    for (Index gold = 0; gold < 2; ++gold)
      questions +=
          Json{{"context", "The river"}, {"choices", {"ran", "stood"}}, {"gold", gold}}.dump() +
          '\n';
    files_->write("q.jsonl", questions);
    files_->write("e.yaml",
                  "experiment: e\nmodel: [opt, llama]\ndetail: confidence\nprofile: true\n"
                  "data: {text: text.txt, context: 32, windows: 9}\n"
                  "tasks: [{name: quiz, kind: multiple_choice, file: q.jsonl}]\ntrials:\n" +
                      kTrials);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"run", "e.yaml", "--out", "out", "--quiet"},
          {"compare", "out", "w4", "root", "noise", "inter:role=q_proj", "--csv", "compare.csv"},
          {"export", "out", "--sqlite", "out.db", "--csv", "export.csv"}}) {
      const ProgramResult result = run_program(arguments, files_->dir());
      ASSERT_EQ(result.exit_code, 0) << result.err;
    }
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }

  static std::vector<std::vector<std::string>> lines(const fs::path& file) {
    return parse_csv(read_text_file(*files_ / file.string()));
  }

  static ExperimentFiles* files_;
};

ExperimentFiles* IntegrationTables::files_ = nullptr;

const std::vector<fs::path> kFiles = {"out/results.csv",    "out/statistics.csv", "out/effects.csv",
                                      "out/sites.csv",      "out/searches.csv",   "compare.csv",
                                      "out/confidence.csv", "out/documents.csv",  "out/twins.csv",
                                      "export.csv"};

TEST_F(IntegrationTables, BeginWithTheTrialAndHaveItsIdInTheResults) {
  std::set<std::pair<std::string, std::string>> known;  // id and model
  for (const auto& line : lines("out/results.csv")) known.emplace(line[0], line[2]);
  for (const fs::path& file : kFiles) {
    const auto rows = lines(file);
    EXPECT_EQ((std::vector<std::string>(rows[0].begin(), rows[0].begin() + 4)),
              (std::vector<std::string>{"id", "name", "model", "seed"}))
        << file;
    EXPECT_GT(rows.size(), 1u) << file;
    for (const auto& row : rows) {
      const bool is_of_results = !row[0].empty() && row[1] != "floor";
      EXPECT_TRUE(!is_of_results || known.contains({row[0], row[2]})) << file << ": " << row[1];
    }
    for (const char* variable : {"p", "b", "value", "layer", "role", "bisect", "twin"})
      EXPECT_EQ(std::count(rows[0].begin(), rows[0].end(), variable), 1) << file << variable;
  }
}

/// The values of these columns of each row; a column that a file lacks is left out.
std::multiset<std::vector<std::string>> keys_of(const std::vector<std::vector<std::string>>& rows,
                                                const std::vector<std::string>& columns) {
  std::vector<std::size_t> places;
  for (const std::string& column : columns)
    for (std::size_t c = 0; c < rows[0].size(); ++c)
      if (rows[0][c] == column) places.push_back(c);
  std::multiset<std::vector<std::string>> keys;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    std::vector<std::string> key;
    for (const std::size_t place : places) key.push_back(rows[r][place]);
    keys.insert(key);
  }
  return keys;
}

TEST_F(IntegrationTables, HaveEachRowOnce) {
  const std::vector<std::string> trial = {"id", "name", "model", "seed"};
  std::vector<std::string> point = trial;
  for (const char* variable : {"p", "b", "value", "layer", "role", "bisect", "twin"})
    point.emplace_back(variable);
  const std::map<std::string, std::vector<std::string>> own = {
      {"out/results.csv", {}},
      {"out/statistics.csv", {"figure"}},
      {"out/effects.csv", {"metric", "effect", "a", "effects_b"}},
      {"out/sites.csv", {"site"}},
      {"out/searches.csv", {"metric", "target"}},
      {"out/twins.csv", {}},
      {"out/documents.csv", {"document", "window"}},
      {"out/confidence.csv", {"bin_low"}},
      {"out/profiles.csv", {"trial", "text", "site", "statistic", "index"}},
      {"compare.csv",
       {"against_id", "against", "against_seed", "against_p", "against_b", "figure"}},
      {"export.csv", {"window", "task", "question", "choice"}}};
  for (const auto& [file, columns] : own) {
    std::vector<std::string> key = point;
    key.insert(key.end(), columns.begin(), columns.end());
    std::string twice;
    const auto keys = keys_of(lines(file), key);
    EXPECT_GT(keys.size(), 0u) << file;
    for (const auto& values : keys)
      if (keys.count(values) > 1) twice = Json(values).dump();
    EXPECT_EQ(twice, "") << file;
  }
  // One trial is one row of the results: no variable is needed to find it.
  const auto trials = keys_of(lines("out/results.csv"), trial);
  EXPECT_EQ(trials.size(), std::set(trials.begin(), trials.end()).size());
}

TEST_F(IntegrationTables, HaveTheColumnsOfTheExperimentWhateverHasRun) {
  for (const char* shard : {"1/3", "3/3"}) {
    const std::string out = std::string("shard") + shard[0];
    const ProgramResult run =
        run_program({"run", "e.yaml", "--out", out, "--shard", shard, "--quiet"}, files_->dir());
    ASSERT_EQ(run.exit_code, 0) << run.err;
    for (const auto& entry : fs::directory_iterator(*files_ / "out")) {
      if (entry.path().extension() != ".csv") continue;
      EXPECT_EQ(lines(out / entry.path().filename())[0], lines("out" / entry.path().filename())[0])
          << entry.path();
    }
  }
}

TEST_F(IntegrationTables, LoadIntoPandasAndSqliteAndJoin) {
  std::string python;
  for (const char* candidate : {"python3", "/usr/bin/python3"})
    if (python.empty() &&
        std::system((std::string(candidate) + " -c 'import pandas' 2>/dev/null").c_str()) == 0)
      python = candidate;
  if (python.empty()) GTEST_SKIP() << "needs pandas (on Debian the package python3-pandas)";
  const std::string command = "cd '" + files_->dir().string() + "' && " + python + " '" +
                              NF_SOURCE_DIR "/tests/support/join_tables.py' out out.db " +
                              kVariables + " " + kIntegers + " compare.csv export.csv 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace nf
