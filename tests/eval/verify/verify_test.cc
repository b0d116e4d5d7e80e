/// verify_run finds again what a run left, whatever the threads, the memory and the place, and
/// finds what was changed since.

#include "eval/verify/verify.h"

#include <gtest/gtest.h>

#include <functional>
#include <mutex>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/io/read_file.h"
#include "eval/batch/merge.h"
#include "eval/results/run_results.h"
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
constexpr Index kWindows = 96;  // three stages of a stopping rule
/// Enough for one trial beside the baseline on any number of threads here, not for all.
constexpr Index kLittleMemory = Index{400} << 20;

const std::string kInputs =
    "  - {name: inputs, repeat: 2, perturb: [{sites: {tensor: input}, noise: uniform, strength: "
    "{snr_db: 20}}]}\n";

/// 1e9 six times is beyond f32.
std::string broken() {
  std::string entries;
  for (int i = 0; i < 6; ++i)
    entries += std::string(i > 0 ? ", " : "") +
               "{sites: {tensor: weight, roles: down_proj}, noise: gaussian, strength: "
               "{relative_l2: 1e9}}";
  return "  - {name: broken, perturb: [" + entries + "]}\n";
}

class IntegrationVerify : public testing::Test {
 protected:
  IntegrationVerify() { write_ids(300); }

  void write_ids(int vocabulary) const {
    write_npy(files_ / "ids.npy", std::to_string(kWindows * kContext) + ",",
              random_ids(kWindows * kContext, vocabulary));
  }
  RunOutcome run(const std::string& trials, const std::string& more = "", Index windows = 8,
                 const std::string& out = "out") const {
    const fs::path yaml = files_.write(
        "e.yaml", fmt::format("experiment: e\nmodel: llama\ndata: {{ids: ids.npy, context: {}, "
                              "windows: {}}}\n{}trials:\n{}",
                              kContext, windows, more, trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, {.out = files_ / out}, progress);
  }
  VerifyReport verify(const VerifyOptions& options = {}, const std::string& out = "out") const {
    Progress progress(stderr, Progress::Style::quiet);
    return verify_run(RunFolder::read(files_ / out), Kinds::builtin(), options, progress);
  }
  std::string refusal(const VerifyOptions& options = {}) const {
    try {
      verify(options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "not refused";
  }
  std::vector<std::string> lines() const {
    std::istringstream file(read_text_file(files_ / "out/records.jsonl"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  /// Lets `change` at the line of the last record of that name; returns the line's number, from 1.
  template <class Change>
  std::size_t change_record(const std::string& name, const Change& change) const {
    std::vector<std::string> all = lines();
    std::size_t number = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (Json::parse(all[i])["name"] == name) number = i + 1;
    Json record = Json::parse(all.at(number - 1));
    change(record);
    all[number - 1] = record.dump();
    std::string text;
    for (const std::string& line : all) text += line + '\n';
    files_.write("out/records.jsonl", text);
    return number;
  }

  Threads threads_{2};
  ExperimentFiles files_;
};

std::string all_equal(int csv_files = 4) {
  return fmt::format(
      " re-run, windows and sites equal bit for bit; {} csv files equal byte for byte\n",
      csv_files);
}

TEST_F(IntegrationVerify, FindsDesignsAndSearchesEqual) {
  run("  - {name: map, each: layer, " + kNoise + "}\n  - {name: without, leave_one_out: role, " +
      kQuantizer + "}\n" + kTolerance + kInputs);
  const VerifyReport report = verify();
  EXPECT_TRUE(report.equal()) << report.text();
  EXPECT_EQ(report.records, std::ssize(lines()));
  EXPECT_EQ(report.rerun, report.records);
  EXPECT_GT(report.rerun, 1 + 2 + 7 + 7 + 2);  // searches take steps
  EXPECT_EQ(report.text(), fmt::format("{0} of {0} records", report.records) + all_equal(5));
  set_thread_count(3);
  const VerifyReport other = verify({.memory = kLittleMemory});
  EXPECT_TRUE(other.equal()) << other.text();
  EXPECT_EQ(other.rerun, report.records);
}

TEST_F(IntegrationVerify, TakesASampleOfTrialsAndStages) {
  run("  - {name: map, each: layer, " + kNoise + "}\n  - {name: w4, " + kQuantizer + "}\n",
      "stop: {kl_halfwidth: 1.0e-12}\nstats: all\n", kWindows);
  ASSERT_GT(lines().size(), 8u);
  const VerifyReport report = verify({.sample = 3});
  EXPECT_EQ(report.text(), fmt::format("3 of {} records", lines().size()) + all_equal());
  EXPECT_EQ(verify({.sample = 1000}).rerun, std::ssize(lines()));
}

TEST_F(IntegrationVerify, RunsStoppedTrialsOnWhatTheyHave) {
  run("  - {name: small, " + kNoise + "}\n  - {name: whole, stop: none, " + kQuantizer + "}\n",
      "stop: {kl_halfwidth: 0.1, min_blocks: 8}\n", kWindows);
  const std::vector<ResultRow> rows = results_of(RunFolder::read(files_ / "out"));
  ASSERT_EQ(rows[1].key.name, "small");
  ASSERT_LT(rows[1].text.windows, kWindows);  // it did stop, on windows here and there
  const VerifyReport report = verify();
  EXPECT_TRUE(report.equal()) << report.text();
  EXPECT_EQ(report.rerun, std::ssize(lines()));
}

TEST_F(IntegrationVerify, GathersWhatTheRecordsHave) {
  const std::string trials = "  - {name: noise, " + kNoise + "}\n" + kInputs;
  for (const char* more : {"stats: all\ndetail: confidence\n", "stats: none\ndetail: tokens\n"}) {
    fs::remove_all(files_ / "out");
    run(trials, more);
    EXPECT_TRUE(verify().equal()) << more << verify().text();
  }
  // Records to come are gathered as the experiment now says, those that are there stay as they are.
  run(trials + "  - {name: w4, " + kQuantizer + "}\n", "stats: all\n");
  EXPECT_EQ(verify().text(), fmt::format("{0} of {0} records", lines().size()) + all_equal(5));
  change_record("noise", [](Json& record) {
    record["windows"][2]["per_token"]["kl"][5] =
        record["windows"][2]["per_token"]["kl"][5].get<double>() + 1e-9;
  });
  EXPECT_EQ(verify().different_figures, 1) << verify().text();
}

TEST_F(IntegrationVerify, NamesTheFigureThatWasChanged) {
  run("  - {name: noise, repeat: 2, " + kNoise + "}\n" + kInputs);
  double stored = 0.0, changed = 0.0;
  const std::size_t line = change_record("noise", [&](Json& record) {
    stored = record["windows"][3]["nll"].get<double>();
    changed = stored + 1e-10;
    record["windows"][3]["nll"] = changed;
  });
  const std::string text = verify().text();
  EXPECT_TRUE(text.starts_with(fmt::format(
      "{0}:{1}: llama: noise: window 3: nll: stored {2}, now {3}\n",
      (files_ / "out/records.jsonl").string(), line, Json(changed).dump(), Json(stored).dump())))
      << text;
  // The csv files were made of what the record was.
  EXPECT_NE(text.find("out/results.csv:4: nll: stored '"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(
      fmt::format("\n{0} of {0} records re-run: 1 figure in 1 of them differs; 3 of 4 csv files "
                  "differ\n",
                  lines().size())))
      << text;
}

TEST_F(IntegrationVerify, RunsQuestionsAgain) {
  std::string questions;
  for (std::size_t q = 0; q < 5; ++q)
    questions += Json{{"context", plain_text(40 + q)}, {"target", " and"}}.dump() + '\n';
  files_.write("words.jsonl", questions);
  run("  - {name: noise, " + kNoise + "}\n" + kInputs,
      "stats: all\ntasks: [{name: words, kind: last_word, file: words.jsonl}]\n");
  EXPECT_EQ(verify().text(), fmt::format("{0} of {0} records", lines().size()) + all_equal());
  change_record("noise", [](Json& record) {
    record["questions"][2]["choices"][0]["loglikelihood"] = -1.5;
    record["questions"][3]["question"] = 50;
  });
  const std::string text = verify().text();
  EXPECT_NE(text.find("question 2 of words: choices[0].loglikelihood: stored -1.5, now -"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("question 50 of words: question: stored 50, now not in the data"),
            std::string::npos)
      << text;
}

TEST_F(IntegrationVerify, FindsEveryKindOfChange) {
  run("  - {name: noise, " + kNoise + "}\n" + kInputs, "stats: all\n");
  const std::string records = read_text_file(files_ / "out/records.jsonl");
  const auto expect_found = [&](const std::string& name, const std::string& what,
                                const std::function<void(Json&)>& change) {
    change_record(name, change);
    const VerifyReport report = verify();
    EXPECT_EQ(report.different_records, 1) << what << report.text();
    EXPECT_NE(report.text().find(what), std::string::npos) << report.text();
    files_.write("out/records.jsonl", records);
  };
  expect_found("baseline", "window 1: top1: stored 3, now",
               [](Json& record) { record["windows"][1]["top1"] = 3; });
  expect_found("noise", "layers.0.q_proj.weight: sum_d2: stored 1.5, now",
               [](Json& record) { record["sites"][0]["sum_d2"] = 1.5; });
  expect_found("noise", "layers.0.q_proj.weight: relative_l2: stored 0.2, now 0.1",
               [](Json& record) { record["sites"][0]["relative_l2"] = 0.2; });
  expect_found("inputs", "layers.1.q_proj.input, windows 0 to 7: site: stored missing, now there",
               [](Json& record) {
                 for (std::size_t i = 0; i < record["sites"].size(); ++i)
                   if (record["sites"][i]["site"] == "layers.1.q_proj.input")
                     record["sites"].erase(i--);
               });
  expect_found("noise", "window 70: window: stored 70, now not in the data",
               [](Json& record) { record["windows"][7]["window"] = 70; });
  expect_found("noise", "metrics: kl: stored 7.0, now",
               [](Json& record) { record["metrics"]["kl"] = 7.0; });
  expect_found("noise", "trial: convention: stored strided/1, now window/1",
               [](Json& record) { record["convention"] = "strided/1"; });
  expect_found("noise", "trial: status: stored failed, now ok", [](Json& record) {
    record["status"] = "failed";
    record["error"] = "layers.0";
    record["run"]["items"] = {0, 1};
  });
  // Python's json module writes it so.
  constexpr std::string_view kMetric = "\"metrics\":{\"nll\":";
  files_.write("out/records.jsonl",
               std::string(records).insert(records.find(kMetric) + kMetric.size(), "NaN,\"x\":"));
  const VerifyReport report = verify();
  EXPECT_EQ(report.different_records, 1);
  EXPECT_NE(report.text().find("trial: JSON: stored damaged: byte "), std::string::npos)
      << report.text();
}

TEST_F(IntegrationVerify, FoldersMergedAcrossTheirStagesAreEqual) {
  // Beside a trial that may stop the text is visited in a permutation, in three stages; a run that
  // was killed has the first of them.
  const std::string inputs =
      "  - {name: inputs, stop: none, " + kInputs.substr(kInputs.find("perturb"));
  run(inputs + "  - {name: never, stop: {kl_halfwidth: 1.0e-12}, " + kNoise + "}\nfloor: false\n",
      "", kWindows, "a");
  std::istringstream file(read_text_file(files_ / "a/records.jsonl"));
  std::string first_stage;
  for (std::string line; std::getline(file, line) && line.find("\"stop\"") == std::string::npos;)
    first_stage += line + '\n';
  ASSERT_NE(first_stage.find("\"inputs\""), std::string::npos);
  files_.write("a/records.jsonl", first_stage);
  run(inputs + "floor: false\n", "", kWindows, "b");
  merge_runs({.runs = {files_ / "a", files_ / "b"}, .out = files_ / "out"}, builtin_metrics());
  const auto windows = [](const Record& record) { return std::ssize(record.windows); };
  const RunContents merged = RunFolder::read(files_ / "out");
  ASSERT_LT(windows(merged.records.back()), kWindows);  // the rest, with blocks of all
  ASSERT_EQ(merged.records.back().sites.front().windows, 64);
  const VerifyReport report = verify();
  EXPECT_TRUE(report.equal()) << report.text();
  EXPECT_EQ(report.rerun, report.records);
  // A window that no record has any more is missed all the same.
  change_record("inputs", [](Json& record) { record["windows"].erase(0); });
  EXPECT_FALSE(verify().equal());
}

TEST_F(IntegrationVerify, ComparesTheCsvFiles) {
  run("  - {name: noise, " + kNoise + "}\n" + kTolerance);
  const std::string out = (files_ / "out").string() + "/";
  const std::string records = fmt::format(
      "{0} of {0} records re-run, windows and sites equal bit "
      "for bit; ",
      lines().size());
  EXPECT_EQ(verify({.sample = 1}).files->count, 5);
  // One that somebody edited: the first line, and the figure that is not what it was.
  const std::string results = read_text_file(files_ / "out/results.csv");
  const std::string ppl = read_csv(files_ / "out/results.csv")[1].at("ppl");
  std::string edited = results;
  files_.write("out/results.csv", edited.replace(edited.find(ppl), ppl.size(), "1.5"));
  VerifyReport report = verify();
  EXPECT_FALSE(report.equal());
  EXPECT_EQ(report.text(),
            fmt::format("{}results.csv:3: ppl: stored '1.5', the records give '{}'\n{}1 of 5 csv "
                        "files differs\n",
                        out, ppl, records));
  files_.write("out/results.csv", results + "more\n");
  EXPECT_NE(verify().text().find("results.csv:11: is too much"), std::string::npos)
      << verify().text();
  files_.write("out/results.csv", results.substr(0, results.rfind('\n', results.size() - 2) + 1));
  const std::string short_text = verify().text();
  EXPECT_NE(short_text.find("results.csv:10: is missing, the records give '"), std::string::npos)
      << short_text;
  EXPECT_NE(short_text.find(",tolerance,llama,"), std::string::npos) << short_text;
  files_.write("out/results.csv", "my" + results);
  EXPECT_NE(verify().text().find("results.csv:1: stored 'myid,name,model,"), std::string::npos);
  files_.write("out/results.csv", results);
  // A missing one, and one that belongs to something else.
  fs::rename(files_ / "out/searches.csv", files_ / "out/effects.csv");
  EXPECT_EQ(verify().text(),
            fmt::format("{0}effects.csv: is there, but this run has nothing for it\n"
                        "{0}searches.csv: is missing\n{1}2 of 6 csv files differ\n",
                        out, records));
  // Files that were right for fewer records are no fault: a run was killed before it wrote them.
  fs::rename(files_ / "out/effects.csv", files_ / "out/searches.csv");
  const std::size_t all = lines().size();
  std::string shorter;
  for (std::size_t i = 0; i + 1 < all; ++i) shorter += lines()[i] + '\n';
  files_.write("out/records.jsonl", shorter);
  report = verify();
  EXPECT_TRUE(report.equal());
  EXPECT_EQ(
      report.text(),
      fmt::format("csv files are older than the records: they were made of {0} records, there "
                  "are {1}; `noisefloor run` makes them again\n{1} of {1} records re-run, "
                  "windows and sites equal bit for bit; csv files not compared\n",
                  all, all - 1));
  Json manifest = Json::parse(read_text_file(files_ / "out/manifest.json"));
  manifest.erase("csv_records");
  files_.write("out/manifest.json", manifest.dump());
  EXPECT_NE(verify().text().find("the run goes on, or was stopped hard"), std::string::npos);
  run("  - {name: noise, " + kNoise + "}\n" + kTolerance);
  EXPECT_TRUE(verify().text().ends_with("; 5 csv files equal byte for byte\n"));
}

TEST_F(IntegrationVerify, ARunMayWriteItsCsvFilesMeanwhile) {
  run("  - {name: noise, " + kNoise + "}\n");
  std::once_flag once;
  const VerifyReport report = verify({.should_stop = [&] {
    std::call_once(once, [&] { files_.write("out/results.csv", "of more records\n"); });
    return false;
  }});
  EXPECT_TRUE(report.equal()) << report.text();
}

TEST_F(IntegrationVerify, FailuresFailAgain) {
  run("  - {name: noise, " + kNoise + "}\n" + broken());
  EXPECT_TRUE(verify().equal()) << verify().text();
  EXPECT_EQ(verify().rerun, 4);  // with the baseline and the floor
  change_record("broken", [](Json& record) { record["error"] = "layers.7 fell off"; });
  EXPECT_NE(verify().text().find("broken: trial: error: stored layers.7 fell off, now layers.0"),
            std::string::npos)
      << verify().text();
  change_record("broken", [](Json& record) { record["run"].erase("items"); });
  EXPECT_EQ(verify().text(),
            "1 record skipped: failed, and an earlier version of the program did not note on what\n"
            "3 of 4 records" +
                all_equal());
}

TEST_F(IntegrationVerify, SkipsTrialsThatTheExperimentHasNoMore) {
  run("  - {name: noise, " + kNoise + "}\n" + kTolerance);
  const Index all = std::ssize(lines());
  run("  - {name: noise, " + kNoise + "}\n");
  EXPECT_EQ(verify().text(),
            fmt::format("{} records skipped: of trials that the experiment has no more\n3 of {} "
                        "records",
                        all - 3, all) +
                all_equal());
}

TEST_F(IntegrationVerify, AFolderMayHaveMoved) {
  run("  - {name: noise, " + kNoise + "}\n");
  fs::create_directories(files_ / "far/away");
  fs::rename(files_ / "out", files_ / "far/away/run");
  fs::remove(files_ / "e.yaml");
  const VerifyReport report = verify({}, "far/away/run");
  EXPECT_EQ(report.text(), "3 of 3 records" + all_equal());
}

TEST_F(IntegrationVerify, RefusesWhatTheFolderWasNotMadeFrom) {
  run("  - {name: noise, " + kNoise + "}\n");
  const std::string manifest = (files_ / "out/manifest.json").string();
  write_ids(200);
  EXPECT_TRUE(refusal().starts_with(manifest +
                                    ": model 'llama' has another text, other windows or tasks, or "
                                    "another tokenizer: data_hash "))
      << refusal();
  write_ids(300);
  EXPECT_EQ(refusal(), "not refused");
  tiny_llama({.seed = 2}).write(files_ / "llama");
  EXPECT_TRUE(refusal().starts_with(
      manifest + ": model 'llama' has other weights or another config: model_hash "))
      << refusal();
  Json json = Json::parse(read_text_file(manifest));
  json["numerics"] = 1;
  files_.write("out/manifest.json", json.dump());
  EXPECT_TRUE(refusal().starts_with(manifest + ": made with numerics version 1, this program has"))
      << refusal();
}

TEST_F(IntegrationVerify, RefusesWhereThereIsNothingToVerify) {
  run("  - {name: noise, " + kNoise + "}\n");
  files_.write("out/records.jsonl", "");
  EXPECT_EQ(refusal(), (files_ / "out/records.jsonl").string() +
                           ": holds no records yet, there is nothing to verify");
}

TEST_F(IntegrationVerify, RecordsOfAnotherEnvAreLeftOut) {
  run("  - {name: noise, " + kNoise + "}\n");
  change_record("noise", [](Json& record) { record["env"]["products"] = "none"; });
  EXPECT_EQ(verify().text(),
            "1 record skipped: made on a machine whose products have other bits; --any-env "
            "runs them too\n2 of 3 records" +
                all_equal());
  EXPECT_EQ(verify({.any_env = true}).text(), "3 of 3 records" + all_equal());
}

TEST_F(IntegrationVerify, MayBeInterrupted) {
  run("  - {name: noise, repeat: 30, " + kNoise + "}\n");
  int asked = 0;
  const VerifyReport report = verify({.should_stop = [&] { return ++asked > 20; }});
  EXPECT_TRUE(report.interrupted);
  EXPECT_LT(report.rerun, report.records);
  EXPECT_NE(report.text().find("interrupted, 32 were to be re-run\n"), std::string::npos);
}

}  // namespace
}  // namespace nf
