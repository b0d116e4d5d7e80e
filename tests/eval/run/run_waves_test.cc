/// run_experiment within a memory budget, with text, tasks and both.

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/run/run_experiment.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/threads.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kMiB = Index{1} << 20;

const std::string kTrials =
    "trials:\n"
    "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n"
    "  - {name: inputs, perturb: [{sites: {tensor: input}, noise: uniform, strength: {snr_db: "
    "20}}]}\n"
    "  - {name: broken, perturb: [" +
    overflowing_entries() +
    "]}\n"
    "  - {name: w4, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
    "channel}]}\n"
    "  - {name: head, perturb: [{sites: {tensor: weight, roles: [embed_tokens, lm_head]}, noise: "
    "gaussian, strength: {relative_l2: 0.1}}]}\n";
constexpr std::size_t kLanes = 7;  // the baseline among them

/// Long enough that a lane of the tiny models takes some megabytes.
const std::string kData = "data: {ids: ids.npy, context: 250}\n";
constexpr Index kTokens = 20000;
const std::string kTasks =
    "tasks:\n"
    "  - {name: piqa, kind: multiple_choice, file: piqa.jsonl}\n"
    "  - {name: lambada, kind: last_word, file: lambada.jsonl}\n"
    "  - {name: wino, kind: slot, file: wino.jsonl}\n";

class IntegrationWaves : public testing::Test {
 protected:
  IntegrationWaves() {
    write_npy(files_ / "ids.npy", std::to_string(kTokens) + ",", random_ids(kTokens, 300));
    std::string piqa, lambada, wino;
    const std::string text = plain_text(6000);
    for (std::size_t q = 0; q < 12; ++q) {
      const auto words = [&](std::size_t from, std::size_t count) {
        std::string some = text.substr(q * 400 + from, count);
        std::replace_if(
            some.begin(), some.end(), [](char c) { return !std::isalpha(c); }, 'x');
        return some;
      };
      piqa += Json{{"context", words(0, 40)},
                   {"choices", {words(50, 7), words(60, 9), words(70, 8)}},
                   {"gold", q % 3}}
                  .dump() +
              '\n';
      lambada += Json{{"context", words(80, 60)}, {"target", " " + words(140, 3)}}.dump() + '\n';
      wino += Json{{"context", words(150, 30) + " _ " + words(190, 20)},
                   {"choices", {words(210, 4), words(220, 6)}},
                   {"gold", q % 2}}
                  .dump() +
              '\n';
    }
    files_.write("piqa.jsonl", piqa);
    files_.write("lambada.jsonl", lambada);
    files_.write("wino.jsonl", wino);
  }

  /// Runs `what` with all trials on both models, or on those of `model`.
  RunOutcome run(const std::string& what, const std::string& out, RunOptions options = {},
                 const std::string& model = "[opt, llama]") const {
    const fs::path yaml =
        files_.write("e.yaml", "experiment: e\nmodel: " + model + "\nstats: all\nfloor: false\n" +
                                   what + kTrials);
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    options.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, options, progress);
  }

  /// The least budget for `what` in megabytes: the one that the refusal names, without most of the
  /// room that it leaves for differences from run to run.
  Index least(const std::string& what, const std::string& model = "[opt, llama]") const {
    try {
      run(what, "refused", {.memory = kMiB}, model);
    } catch (const ConfigError& error) {
      std::cmatch match;
      if (std::regex_search(error.what(), match, std::regex("at least ([0-9]+) MiB")))
        return std::stoll(match[1]) - 3;
      ADD_FAILURE() << error.what();
    }
    EXPECT_FALSE(fs::exists(files_ / "refused"));  // known before anything is written
    return 0;
  }

  std::vector<Json> records(const std::string& out) const {
    std::vector<Json> records;
    std::istringstream file(read_text_file(files_ / out / "records.jsonl"));
    for (std::string line; std::getline(file, line);) records.push_back(Json::parse(line));
    return records;
  }
  /// The numbers of lanes that the waves of a run had.
  std::set<std::size_t> lanes(const std::string& out) const {
    std::set<std::size_t> lanes;
    for (const Json& record : records(out))
      if (record["name"] != "baseline") lanes.insert(record["run"]["lanes"].get<std::size_t>());
    return lanes;
  }
  void expect_same(const std::string& a, const std::string& b) const {
    EXPECT_EQ(comparable_records(files_ / a), comparable_records(files_ / b));
    for (const char* name : {"results.csv", "sites.csv"})
      EXPECT_EQ(read_text_file(files_ / a / name), read_text_file(files_ / b / name)) << name;
  }

  Threads threads_{1};  // these models are too small to share out
  ExperimentFiles files_;
};

TEST_F(IntegrationWaves, OfAnyBudgetLeaveTheSameRecords) {
  const std::string what = kData + kTasks, llama = "llama";
  EXPECT_EQ(run(what, "straight", {}, llama).failed, 1);
  EXPECT_EQ(lanes("straight"), std::set<std::size_t>{kLanes});
  std::set<std::size_t> seen;
  for (const Index more : {0, 5, 60}) {  // a lane takes about 4 MiB
    const std::string out = std::to_string(more);
    run(what, out, {.memory = (least(what, llama) + more) * kMiB}, llama);
    expect_same(out, "straight");
    seen.merge(lanes(out));
  }
  // The number of waves depends on what the process happens to hold: several, and one.
  EXPECT_LT(*seen.begin(), 4u);
  EXPECT_EQ(*seen.rbegin(), kLanes);
  EXPECT_GT(seen.size(), 2u);

  const std::string yaml = fmt::format("memory: {}MiB\n", least(what, llama));
  run(yaml + what, "yaml", {}, llama);
  expect_same("yaml", "straight");
  EXPECT_LT(*lanes("yaml").begin(), 4u);
  // The option wins over the file.
  run(yaml + what, "option", {.memory = Index{1} << 40}, llama);
  EXPECT_EQ(lanes("option"), std::set<std::size_t>{kLanes});
}

TEST_F(IntegrationWaves, StoppedBehindOneGoOnAsIfNothingHadBeen) {
  const std::string what = kData + kTasks;
  run(what, "straight");
  const fs::path file = files_ / "out/records.jsonl";
  int asked = 0;
  RunOptions few{.memory = least(what) * kMiB, .should_stop = [&] {
                   return fs::exists(file) && fs::file_size(file) > 0 && ++asked > 0;
                 }};
  EXPECT_TRUE(run(what, "out", few).interrupted);
  // The baseline and the first wave's trials are there.
  const std::size_t first_wave = records("out").size();
  EXPECT_GE(first_wave, 2u);
  EXPECT_LT(first_wave, kLanes);
  EXPECT_EQ(records("out").front()["name"], "baseline");
  EXPECT_EQ(read_csv(files_ / "out/results.csv").size(), first_wave);

  asked = 0;
  few.memory = (least(what) + 5) * kMiB;  // other waves
  few.should_stop = [&, begun = fs::file_size(file)] {
    return fs::file_size(file) > begun && ++asked > 1;
  };
  EXPECT_TRUE(run(what, "out", few).interrupted);
  EXPECT_GT(records("out").size(), first_wave);
  EXPECT_FALSE(run(what, "out").interrupted);
  expect_same("out", "straight");
  std::multiset<std::string> baselines;
  for (const Json& record : records("out"))
    if (record["name"] == "baseline") baselines.insert(record["model"].get<std::string>());
  EXPECT_EQ(baselines, (std::multiset<std::string>{"llama", "opt"}));
}

TEST_F(IntegrationWaves, RecordABaselineThatAKillTook) {
  const std::string what = kData + kTasks;
  run(what, "straight", {}, "llama");
  fs::copy(files_ / "straight", files_ / "out");
  std::string kept;
  for (const Json& record : records("straight"))
    if (record["name"] != "baseline") kept += record.dump() + '\n';
  files_.write("out/records.jsonl", kept);
  run(what, "out", {}, "llama");
  EXPECT_TRUE(read_text_file(files_ / "out/records.jsonl").starts_with(kept));
  EXPECT_EQ(records("out").size(), kLanes);
  expect_same("out", "straight");
}

TEST_F(IntegrationWaves, GiveTextAndTasksTheirOwnNumbers) {
  run(kData + kTasks, "both");
  run(kData, "text");
  run(kTasks, "tasks");
  const auto by_lane = [&](const std::string& out, const char* key) {
    std::map<std::string, std::string> sums;
    for (const Json& record : records(out)) {
      const std::string lane = record["model"].get<std::string>() + ' ' +
                               record["name"].get<std::string>() + ' ' + record["seed"].dump();
      sums[lane] = record.value(key, Json::array()).dump();
    }
    return sums;
  };
  // Also of noise: what an item draws depends on the item alone.
  EXPECT_EQ(by_lane("both", "windows"), by_lane("text", "windows"));
  EXPECT_EQ(by_lane("both", "questions"), by_lane("tasks", "questions"));
  for (const auto& [lane, questions] : by_lane("text", "questions")) EXPECT_EQ(questions, "[]");
  for (const auto& [lane, windows] : by_lane("tasks", "windows")) EXPECT_EQ(windows, "[]");

  for (const Json& record : records("tasks")) {
    EXPECT_FALSE(record.contains("convention"));
    if (record["status"] == "failed") continue;
    ASSERT_EQ(record["questions"].size(), 36u);
    for (const Json& question : record["questions"]) {
      const bool is_word = question["task"] == "lambada";
      EXPECT_EQ(question["choices"].size(), is_word ? 1u : question["task"] == "piqa" ? 3u : 2u);
      if (question["task"] != "piqa") continue;
      std::vector<double> likelihoods;
      for (const Json& choice : question["choices"])
        likelihoods.push_back(choice["loglikelihood"].get<double>());
      const auto best = std::max_element(likelihoods.begin(), likelihoods.end());
      EXPECT_EQ(question["correct"].get<bool>(),
                best - likelihoods.begin() == question["question"].get<Index>() % 3);
    }
  }
  for (auto& row : read_csv(files_ / "tasks/results.csv")) {
    EXPECT_EQ(row["tokens"], "0");
    EXPECT_EQ(row["ppl"], "");
    EXPECT_EQ(row["piqa_acc"].empty(), row["name"] == "broken");
  }
}

TEST_F(IntegrationWaves, RunInTheLeastMemoryThatARefusalNames) {
  const auto program = [&](const std::string& memory) {
    files_.write("e.yaml", "experiment: e\nmodel: opt\n" + kData + kTrials);
    return run_program({"run", "e.yaml", "--out", "out", "--threads", "1", "--memory", memory},
                       files_.dir());
  };
  const ProgramResult refused = program("1MiB");
  EXPECT_EQ(refused.exit_code, 2);
  std::smatch match;
  ASSERT_TRUE(std::regex_search(refused.err, match, std::regex("at least ([0-9]+) MiB")))
      << refused.err;
  EXPECT_FALSE(fs::exists(files_ / "out"));
  const ProgramResult result = program(match[1].str() + "MiB");
  EXPECT_EQ(result.exit_code, 4) << result.err;  // one trial is broken
  EXPECT_EQ(records("out").size(), kLanes + 1);  // and the floor
}

}  // namespace
}  // namespace nf
