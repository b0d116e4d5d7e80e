#include "eval/run/run_experiment.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const std::string kNoise =
    "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n";
const std::string kInputs =
    "  - {name: inputs, perturb: [{sites: {tensor: input}, noise: uniform, strength: {snr_db: "
    "20}}]}\n";
const std::string kQuantizer =
    "  - {name: w4, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
    "channel}]}\n";

ProgramResult run(const ExperimentFiles& files, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"run", "e.yaml", "--out", "out"};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words, files.dir());
}

/// results.csv as "name seed model" of each row.
std::vector<std::string> row_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (auto& row : read_csv(folder / "results.csv"))
    names.push_back(row["name"] + " " + row["seed"] + " " + row["model"]);
  return names;
}

TEST(TrialId, ChangesWithEverythingThatChangesANumber) {
  const std::string id = trial_id("m", "d", Json::array({1}), 3);
  EXPECT_EQ(trial_id("m", "d", Json::array({1}), 3), id);
  EXPECT_NE(trial_id("n", "d", Json::array({1}), 3), id);
  EXPECT_NE(trial_id("m", "e", Json::array({1}), 3), id);
  EXPECT_NE(trial_id("m", "d", Json::array({2}), 3), id);
  EXPECT_NE(trial_id("m", "d", Json::array({1}), 4), id);
  EXPECT_NE(trial_id("m", "d", Json::array({1}), std::nullopt), id);
}

TEST(IntegrationRun, SaysWhatEachRecordTook) {
  const ExperimentFiles files;
  files.write_experiment(kQuantizer);
  ASSERT_EQ(run(files, {"--quiet"}).exit_code, 0);
  std::istringstream lines(read_text_file(files / "out/records.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json record = Json::parse(line);
    EXPECT_EQ(record["run"]["lanes"], 2) << record["name"];
    EXPECT_GT(record["run"]["seconds"].get<double>(), 1e-4) << record["name"];
  }
}

TEST(IntegrationRun, LeavesTheFilesOfARun) {
  const ExperimentFiles files;
  files.write_experiment(kNoise + kQuantizer);
  const ProgramResult result = run(files, {"--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(row_names(files / "out"),
            (std::vector<std::string>{"baseline  opt", "noise 0 opt", "noise 1 opt", "w4 0 opt",
                                      "baseline  llama", "noise 0 llama", "noise 1 llama",
                                      "w4 0 llama"}));
  for (auto& row : read_csv(files / "out/results.csv")) {
    EXPECT_EQ(row["status"], "ok");
    EXPECT_EQ(row["tokens"], "124");  // 4 windows of 32, the first token of each not scored
    if (row["name"] == "baseline") {
      EXPECT_EQ(row["kl"], "0");
      EXPECT_EQ(row["kl_reverse"], "0");
      EXPECT_EQ(row["top1_agreement"], "1");
    } else {
      EXPECT_GT(std::stod(row["kl"]), 0.0);
      EXPECT_GT(std::stod(row["kl_reverse"]), 0.0);
      EXPECT_NE(row["kl_reverse"], row["kl"]);
    }
  }
  EXPECT_EQ(read_text_file(files / "out/experiment.yaml"), read_text_file(files / "e.yaml"));
  for (const char* name : {"resolved.yaml", "manifest.json", "sites.csv", "records.jsonl"})
    EXPECT_TRUE(fs::exists(files / "out" / name)) << name;
  EXPECT_NE(result.out.find("w4"), std::string::npos);
}

TEST(IntegrationRun, RecordsWhichDocumentAWindowIsPartOf) {
  const ExperimentFiles files;
  std::string lines;  // a byte is about a token: the first gives two windows of 32, the second one
  for (const std::size_t bytes : {80u, 40u})
    lines += Json{{"text", plain_text(bytes)}}.dump() + "\n";
  files.write("d.jsonl", lines);
  files.write(
      "e.yaml",
      "experiment: e\nmodel: opt\ndata: {jsonl: d.jsonl, context: 32}\ntrials:\n" + kQuantizer);
  ASSERT_EQ(run(files).exit_code, 0);
  const std::vector<std::string> records = comparable_records(files / "out");
  ASSERT_EQ(records.size(), 3u);  // the floor has them all: there are fewer than it may have
  for (const std::string& line : records) {
    std::vector<Index> documents;
    const Json record = Json::parse(line);
    for (const Json& window : record["windows"])
      documents.push_back(window["document"].get<Index>());
    EXPECT_EQ(documents, (std::vector<Index>{0, 0, 1}));
  }
}

TEST(IntegrationRun, HasTheSameRecordsWithAnyNumberOfThreads) {
  const ExperimentFiles files;
  files.write_experiment(kNoise + kInputs + kQuantizer);
  for (const char* threads : {"1", "2", "3"})
    ASSERT_EQ(run_program({"run", "e.yaml", "--out", threads, "--threads", threads}, files.dir())
                  .exit_code,
              0);
  EXPECT_EQ(comparable_records(files / "1"), comparable_records(files / "2"));
  EXPECT_EQ(comparable_records(files / "1"), comparable_records(files / "3"));
  EXPECT_EQ(read_text_file(files / "1/results.csv"), read_text_file(files / "3/results.csv"));
  EXPECT_EQ(read_text_file(files / "1/sites.csv"), read_text_file(files / "3/sites.csv"));
}

TEST(IntegrationRun, ComputesRepeatsOfAQuantizerOnce) {
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: w4, repeat: 3, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, "
      "granularity: channel}]}\n");
  ASSERT_EQ(run(files, {"--set", "model=opt"}).exit_code, 0);
  EXPECT_EQ(row_names(files / "out"),
            (std::vector<std::string>{"baseline  opt", "w4 0 opt", "w4 1 opt", "w4 2 opt"}));
  EXPECT_EQ(comparable_records(files / "out").size(), 3u);  // the baseline's, the floor's and its
  const auto rows = read_csv(files / "out/results.csv");
  EXPECT_EQ(rows[1].at("nll"), rows[3].at("nll"));
}

TEST(IntegrationRun, DoesNothingAgainWhenAllIsDone) {
  const ExperimentFiles files;
  files.write_experiment(kNoise);
  ASSERT_EQ(run(files).exit_code, 0);
  const std::string records = read_text_file(files / "out/records.jsonl");
  const std::string results = read_text_file(files / "out/results.csv");
  fs::remove(files / "out/results.csv");
  ASSERT_EQ(run(files).exit_code, 0);
  EXPECT_EQ(read_text_file(files / "out/records.jsonl"), records);
  EXPECT_EQ(read_text_file(files / "out/results.csv"), results);
}

TEST(IntegrationRun, SaysThatAddedDetailIsNotRunForWhatIsDone) {
  const ExperimentFiles files;
  files.write_experiment(kNoise);
  const ProgramResult first = run(files, {"--set", "model=opt"});
  ASSERT_EQ(first.exit_code, 0);
  EXPECT_EQ(first.err.find("ran without it"), std::string::npos) << first.err;
  const std::string records = read_text_file(files / "out/records.jsonl");
  const ProgramResult again = run(files, {"--set", "model=opt", "--set", "detail=confidence"});
  ASSERT_EQ(again.exit_code, 0);
  EXPECT_NE(again.err.find("warning: 'detail: confidence' holds for what is still to run: 2 trials "
                           "and 1 baseline in this folder ran without it"),
            std::string::npos)
      << again.err;
  EXPECT_EQ(read_text_file(files / "out/records.jsonl"), records);
}

TEST(IntegrationRun, KeepsTheAccountOfEveryCall) {
  const ExperimentFiles files;
  const auto calls = [&files] { return Json::parse(read_text_file(files / "out/plan.json")); };
  files.write_experiment(kNoise);
  ASSERT_EQ(run(files).exit_code, 0);
  const Json first = calls();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0]["models"].size(), 2u);
  ASSERT_EQ(run(files).exit_code, 0);  // nothing to do
  EXPECT_EQ(calls(), first);
  files.write_experiment(kNoise + kQuantizer);
  ASSERT_EQ(run(files, {"--threads", "1"}).exit_code, 0);
  const Json both = calls();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0], first[0]);
  EXPECT_NE(both[1]["command"].get<std::string>().find("--threads 1"), std::string::npos);
  for (const Json& call : both) {
    EXPECT_TRUE(call.contains("started"));
    for (const Json& model : call["models"]) {
      EXPECT_EQ(model["actual"]["finished"], true);
      EXPECT_EQ(model["actual"]["flops"], model["planned"]["flops"]);
      for (const char* count :
           {"flops", "bytes_read", "peak_bytes", "budget_bytes", "baseline_bytes", "tokens"})
        EXPECT_TRUE(model["planned"][count].is_number_integer()) << count;
      for (const char* count : {"flops", "peak_bytes"})
        EXPECT_TRUE(model["actual"][count].is_number_integer()) << count;
    }
  }
}

TEST(IntegrationRun, TakesChosenTrialsAndTheRestLater) {
  const ExperimentFiles files;
  files.write_experiment(kNoise + kQuantizer + kInputs);
  ASSERT_EQ(run(files, {"--trials", "w?"}).exit_code, 0);
  EXPECT_EQ(row_names(files / "out"), (std::vector<std::string>{"baseline  opt", "w4 0 opt",
                                                                "baseline  llama", "w4 0 llama"}));
  const auto rows = [&files](const char* folder) {
    return read_json(files / folder / "manifest.json")["rows"];
  };
  const Json of_part = rows("out");
  ASSERT_EQ(run(files, {"--trials", "noise", "--trials", "inputs"}).exit_code, 0);
  ASSERT_EQ(run_program({"run", "e.yaml", "--out", "whole"}, files.dir()).exit_code, 0);
  // The folder is of the whole experiment from the start, and ends as that of one run.
  EXPECT_EQ(of_part, rows("whole"));
  EXPECT_EQ(comparable_records(files / "out"), comparable_records(files / "whole"));
  for (const char* file : {"results.csv", "statistics.csv", "sites.csv"})
    EXPECT_EQ(read_text_file(files / "out" / file), read_text_file(files / "whole" / file));
}

TEST(IntegrationRun, SharesChosenTrialsOutAmongShards) {
  const ExperimentFiles files;
  files.write_experiment(kQuantizer + kInputs + kNoise);
  for (const char* shard : {"1/2", "2/2"})
    ASSERT_EQ(run_program({"run", "e.yaml", "--out", std::string("out") + shard[0], "--set",
                           "model=opt", "--trials", "noise", "--shard", shard},
                          files.dir())
                  .exit_code,
              0);
  EXPECT_EQ(row_names(files / "out1"), (std::vector<std::string>{"baseline  opt", "noise 0 opt"}));
  EXPECT_EQ(row_names(files / "out2"), (std::vector<std::string>{"baseline  opt", "noise 1 opt"}));
}

TEST(IntegrationRun, RefusesAChoiceOfNothingBeforeItWrites) {
  const ExperimentFiles files;
  files.write_experiment(kQuantizer);
  const ProgramResult result = run(files, {"--trials", "w5"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "error: --trials w5: matches no trial; did you mean 'w4'?\n");
  EXPECT_FALSE(fs::exists(files / "out"));
}

TEST(IntegrationRun, GoesOnWithTheSameSetOnly) {
  const ExperimentFiles files;
  files.write_experiment(kNoise);
  const std::vector<std::string> set = {"--set", "model=opt", "--set", "trials.noise.repeat=1"};
  ASSERT_EQ(run(files, set).exit_code, 0);
  ASSERT_EQ(run(files, set).exit_code, 0);
  const ProgramResult without = run(files, {"--set", "model=opt"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_EQ(
      without.err,
      "error: out: was begun with --set trials.noise.repeat=1, which this command has not: "
      "say the same, choose another --out folder, or, where models and data stay the same, say "
      "--any-set to go on\n");
  EXPECT_EQ(run(files, {"--set", "model=opt", "--any-set"}).exit_code, 0);
  EXPECT_EQ(row_names(files / "out").size(), 3u);
}

TEST(IntegrationRun, CountsPathsOfSetFromTheFile) {
  const ExperimentFiles files;
  files.write_experiment(kQuantizer);
  fs::create_directory(files / "caller");
  ASSERT_EQ(run_program({"run", "../e.yaml", "--out", "out", "--set", "model=opt", "--set",
                         "data.text=text.txt"},
                        files / "caller")
                .exit_code,
            0);
  EXPECT_EQ(run_program({"verify", "caller/out"}, files.dir()).exit_code, 0);
}

TEST(IntegrationRun, TakesMoreAndFewerTrialsInTheSameFolder) {
  const ExperimentFiles files;
  files.write_experiment(kNoise);
  ASSERT_EQ(run(files).exit_code, 0);
  const std::string before = read_text_file(files / "out/records.jsonl");
  files.write_experiment(kInputs + kNoise + kQuantizer);
  ASSERT_EQ(run(files).exit_code, 0);
  EXPECT_TRUE(read_text_file(files / "out/records.jsonl").starts_with(before));

  // As if all had been there from the start.
  ASSERT_EQ(run_program({"run", "e.yaml", "--out", "fresh"}, files.dir()).exit_code, 0);
  EXPECT_EQ(comparable_records(files / "out"), comparable_records(files / "fresh"));
  EXPECT_EQ(read_text_file(files / "out/results.csv"), read_text_file(files / "fresh/results.csv"));

  const std::string all = read_text_file(files / "out/records.jsonl");
  files.write_experiment(kQuantizer);
  ASSERT_EQ(run(files).exit_code, 0);
  EXPECT_EQ(read_text_file(files / "out/records.jsonl"), all);
  EXPECT_EQ(row_names(files / "out"), (std::vector<std::string>{"baseline  opt", "w4 0 opt",
                                                                "baseline  llama", "w4 0 llama"}));
}

TEST(IntegrationRun, RefusesAnotherModelOrTextInTheSameFolder) {
  const ExperimentFiles files;
  files.write_experiment(kQuantizer);
  ASSERT_EQ(run(files).exit_code, 0);
  const std::string records = read_text_file(files / "out/records.jsonl");

  for (const char* other : {"data.context=16", "data.convention=strided"}) {
    const ProgramResult data = run(files, {"--set", other, "--any-set"});
    EXPECT_EQ(data.exit_code, 2);
    EXPECT_NE(data.err.find("another text, other windows or tasks, or another tokenizer"),
              std::string::npos)
        << data.err;
  }
  tiny_opt({.seed = 2}).write(files / "opt");
  const ProgramResult model = run(files);
  EXPECT_EQ(model.exit_code, 2);
  EXPECT_NE(model.err.find("other weights or another config"), std::string::npos) << model.err;
  EXPECT_EQ(read_text_file(files / "out/records.jsonl"), records);
}

TEST(IntegrationRun, KeepsTheOthersWhenATrialFails) {
  const ExperimentFiles files;
  std::string overflow;  // 1e9 to the sixth is beyond f32
  for (int i = 0; i < 6; ++i)
    overflow +=
        (i > 0 ? ", " : "") + std::string(
                                  "{sites: {tensor: weight, roles: down_proj}, noise: gaussian, "
                                  "strength: {relative_l2: 1e9}}");
  files.write_experiment("  - {name: broken, perturb: [" + overflow + "]}\n" + kQuantizer);
  const ProgramResult result = run(files);
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.err.find("broken: failed: layers.0.down_proj.weight: x̃ is not finite"),
            std::string::npos)
      << result.err;
  for (auto& row : read_csv(files / "out/results.csv")) {
    EXPECT_EQ(row["status"], row["name"] == "broken" ? "failed" : "ok");
    EXPECT_EQ(row["nll"].empty(), row["name"] == "broken");
  }
  EXPECT_EQ(run(files).exit_code, 4);  // and stays failed
}

/// Many small models: as many stages, each ending with a few records.
std::string write_stages(const ExperimentFiles& files) {
  std::string models;
  for (int i = 0; i < 6; ++i) {
    const std::string name = "m" + std::to_string(i);
    tiny_opt({.seed = static_cast<std::uint64_t>(i)}).write(files / name);
    models += (i > 0 ? ", " : "") + name;
  }
  files.write("text.txt", plain_text(6000));
  files.write("e.yaml", "experiment: e\nmodel: [" + models +
                            "]\ndata: {text: text.txt, context: 32}\ntrials:\n" + kNoise + kInputs +
                            kQuantizer);
  return "e.yaml";
}

TEST(IntegrationRun, KilledAtAnyMomentAndResumedEqualsAStraightRun) {
  const ExperimentFiles files;
  write_stages(files);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(
      run_program({"run", "e.yaml", "--out", "straight", "--threads", "1"}, files.dir()).exit_code,
      0);
  const auto straight = std::chrono::steady_clock::now() - start;

  constexpr int kKills = 10;
  int killed = 0;
  for (int i = 1; i <= kKills; ++i) {
    RunningProgram program({"run", "e.yaml", "--out", "out", "--threads", "1"}, files.dir());
    // Moments that are spread over a run unevenly; each run goes on where the last one stopped.
    std::this_thread::sleep_for(straight * (1 + i * 7 % kKills) / (4 * kKills));
    program.send(SIGKILL);
    if (program.wait().exit_code != 128 + SIGKILL) break;  // all is done
    ++killed;
  }
  EXPECT_GT(killed, 0);
  ASSERT_EQ(run_program({"run", "e.yaml", "--out", "out", "--threads", "1"}, files.dir()).exit_code,
            0);
  EXPECT_EQ(comparable_records(files / "out"), comparable_records(files / "straight"));
  for (const char* name : {"results.csv", "sites.csv", "resolved.yaml"})
    EXPECT_EQ(read_text_file(files / "out" / name), read_text_file(files / "straight" / name));
}

TEST(IntegrationRun, StopsAtSigintWithItsResults) {
  const ExperimentFiles files;
  write_stages(files);
  RunningProgram program({"run", "e.yaml", "--out", "out", "--threads", "1"}, files.dir());
  // As soon as a first record is there, most of the run is still ahead.
  const fs::path records = files / "out/records.jsonl";
  for (int i = 0; i < 6000 && (!fs::exists(records) || fs::file_size(records) == 0); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  program.send(SIGINT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_NE(result.err.find("interrupted: "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(" trials × windows kept; the same command goes on\n"),
            std::string::npos)
      << result.err;
  const std::size_t rows = read_csv(files / "out/results.csv").size();
  EXPECT_GT(rows, 0u);
  EXPECT_LT(rows, 6u * 5);
  const Json calls = Json::parse(read_text_file(files / "out/plan.json"));
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]["models"].back()["actual"]["finished"], false);

  ASSERT_EQ(run_program({"run", "e.yaml", "--out", "out", "--threads", "1"}, files.dir()).exit_code,
            0);
  EXPECT_EQ(read_csv(files / "out/results.csv").size(), 6u * 5);
}

}  // namespace
}  // namespace nf
