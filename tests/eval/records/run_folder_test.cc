#include "eval/records/run_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "core/base/error.h"
#include "core/base/version.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/analysis/statistics.h"
#include "eval/metrics/detail.h"
#include "eval/results/run_results.h"
#include "eval/tables/confidence_csv.h"
#include "eval/tables/result_files.h"
#include "eval/tables/results_csv.h"
#include "eval/tables/sites_csv.h"
#include "eval/tables/statistics_csv.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const std::vector<ModelIdentity> kModels = {{"opt-nano", "m1", "d1"}, {"llama-nano", "m2", "d2"}};
const Json kEnv = {{"isa", "avx2"}, {"onednn", "2.6.3"}};

Record record_of(const std::string& id, Index window) {
  Record record{.id = id, .name = "noise", .model = "opt-nano", .seed = 0};
  record.windows = {{.window = window, .sums = {.tokens = 10, .nll = 20.0, .kl = 1.0, .top1 = 9}}};
  record.env = kEnv;
  return record;
}

void append_text(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

/// The message of the exception, "accepted" without one.
template <class Exception>
std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Exception& error) {
    return error.what();
  }
  return "accepted";
}

/// A folder that a first run has been in.
class RunFolderOfAFirstRun : public testing::Test {
 protected:
  RunFolderOfAFirstRun() {
    RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
    folder.write_description("experiment: e\n", "resolved: r\n", {{"command", "noisefloor run"}});
    folder.append(record_of("a", 0), builtin_metrics());
    folder.append(record_of("a", 1), builtin_metrics());
  }

  std::string refusal_of(const std::vector<ModelIdentity>& models, const Json& env) const {
    return refusal<ConfigError>([&] { RunFolder::open(dir_, models, env); });
  }

  TempDir temp_;
  fs::path dir_ = temp_ / "runs/first-look";
};

TEST_F(RunFolderOfAFirstRun, HoldsItsDescription) {
  EXPECT_EQ(read_text_file(dir_ / "experiment.yaml"), "experiment: e\n");
  EXPECT_EQ(read_text_file(dir_ / "resolved.yaml"), "resolved: r\n");
  const Json manifest = read_json(dir_ / "manifest.json");
  EXPECT_EQ(manifest.at("command"), "noisefloor run");
  EXPECT_EQ(manifest.at("numerics"), kNumericsVersion);
  EXPECT_EQ(manifest.at("env"), kEnv);
  EXPECT_EQ(manifest.at("models")[1],
            Json({{"model", "llama-nano"}, {"model_hash", "m2"}, {"data_hash", "d2"}}));
}

TEST_F(RunFolderOfAFirstRun, GoesOnWhereItStopped) {
  {
    RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
    ASSERT_EQ(folder.records().size(), 2u);
    EXPECT_EQ(folder.records()[1].windows[0].window, 1);
    folder.append(record_of("b", 0), builtin_metrics());
    EXPECT_EQ(folder.records().size(), 3u);
  }
  EXPECT_EQ(RunFolder::open(dir_, kModels, kEnv).records()[2].id, "b");
}

/// An earlier version joined folders of several kinds of machines without a word in the manifest.
TEST_F(RunFolderOfAFirstRun, NotesOtherEnvsWhateverIsReadOfTheRecords) {
  {
    RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
    folder.write_description("experiment: e\n", "resolved: r\n", Json::object(), {}, {});
    Record record = record_of("b", 0);
    record.vars = {{"v", "a\",\"env\":{}"}};
    record.env = {{"isa", "avx512"}, {"onednn", "2.6.3"}};
    folder.append(record, builtin_metrics());
  }
  ASSERT_FALSE(read_json(dir_ / "manifest.json").contains("other_envs"));
  for (const RecordParts parts : {RecordParts::all, RecordParts::tables, RecordParts::figures}) {
    const RunContents contents = RunFolder::read(dir_, parts);
    ASSERT_TRUE(contents.manifest.about.contains("other_envs"));
    EXPECT_EQ(contents.manifest.about.at("other_envs"),
              Json::array({{{"isa", "avx512"}, {"onednn", "2.6.3"}}}));
  }
}

TEST_F(RunFolderOfAFirstRun, DropsATornLastLine) {
  const std::string whole = read_text_file(dir_ / "records.jsonl");
  append_text(dir_ / "records.jsonl",
              record_to_line(record_of("torn", 0), builtin_metrics()).substr(0, 40));
  EXPECT_EQ(RunFolder::open(dir_, kModels, kEnv).records().size(), 2u);
  EXPECT_EQ(read_text_file(dir_ / "records.jsonl"), whole);
}

TEST_F(RunFolderOfAFirstRun, NamesTheLineThatIsNoRecord) {
  append_text(dir_ / "records.jsonl", "{\"id\": 3}\n");
  EXPECT_EQ(
      refusal<DataError>([&] { RunFolder::open(dir_, kModels, kEnv); }),
      (dir_ / "records.jsonl").string() +
          ":3: id: expected a string; if the file was damaged, delete line 3: what it held runs "
          "again with the next `noisefloor run` into this folder");
}

TEST_F(RunFolderOfAFirstRun, WritesResultsOfTheTrialsAskedFor) {
  RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
  const RowKey key{.id = "a", .name = "noise", .model = "opt-nano", .seed = 0};
  const std::vector<ResultRow> rows = write_results(folder, {key}, builtin_metrics());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].text.sums.tokens, 20);
  EXPECT_EQ(read_text_file(dir_ / "results.csv"), results_csv(rows, {}, builtin_metrics()));
  EXPECT_EQ(read_text_file(dir_ / "sites.csv"), sites_csv(rows, {}));
  EXPECT_EQ(read_text_file(dir_ / "statistics.csv"), statistics_csv(rows, {}));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "effects.csv"));  // no design of pairs
  EXPECT_FALSE(fs::exists(dir_ / "confidence.csv"));            // no record has detail
  // What is no longer asked for is left out.
  EXPECT_TRUE(write_results(folder, {}, builtin_metrics()).empty());
}

TEST_F(RunFolderOfAFirstRun, RemovesWhatEarlierResultsHadAlone) {
  for (const char* file : {"effects.csv", "confidence.csv"}) append_text(dir_ / file, "earlier\n");
  {
    RunFolder again = RunFolder::open(dir_, kModels, kEnv);
    write_results(again, {}, builtin_metrics());
  }
  EXPECT_FALSE(fs::exists(dir_ / "effects.csv"));
  EXPECT_FALSE(fs::exists(dir_ / "confidence.csv"));
}

TEST_F(RunFolderOfAFirstRun, WritesConfidenceWhereARecordHasDetail) {
  RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
  Record record = record_of("a", 2);
  Detail detail;
  detail.add({.nll = 2.0, .baseline_nll = 1.5, .confidence = 0.75}, DetailMode::confidence);
  record.windows[0].sums.detail = std::make_shared<Detail>(detail);
  folder.append(record, builtin_metrics());
  const RowKey key{.id = "a", .name = "noise", .model = "opt-nano", .seed = 0};
  const std::vector<ResultRow> rows = write_results(folder, {key}, builtin_metrics());
  ASSERT_TRUE(has_confidence(rows));
  EXPECT_EQ(read_text_file(dir_ / "confidence.csv"), confidence_csv(rows, {}));
}

TEST_F(RunFolderOfAFirstRun, RefusesAnotherModel) {
  EXPECT_EQ(
      refusal_of({{"opt-nano", "m9", "d1"}}, kEnv),
      (dir_ / "manifest.json").string() +
          ": model 'opt-nano' has other weights or another config: model_hash m1 when this folder "
          "was begun, m9 now: choose another --out folder");
}

TEST_F(RunFolderOfAFirstRun, RefusesOtherData) {
  EXPECT_EQ(refusal_of({{"llama-nano", "m2", "d9"}}, kEnv),
            (dir_ / "manifest.json").string() +
                ": model 'llama-nano' has another text, other windows or tasks, or another "
                "tokenizer: data_hash d2 when this folder was begun, d9 now: choose another --out "
                "folder");
}

TEST_F(RunFolderOfAFirstRun, RefusesAnotherNumericsVersion) {
  Json manifest = read_json(dir_ / "manifest.json");
  manifest["numerics"] = kNumericsVersion + 1;
  std::ofstream(dir_ / "manifest.json") << manifest;
  EXPECT_EQ(refusal_of(kModels, kEnv),
            fmt::format("{}: made with numerics version {}, this program has {}: results would not "
                        "compare; choose another --out folder",
                        (dir_ / "manifest.json").string(), kNumericsVersion + 1, kNumericsVersion));
}

TEST_F(RunFolderOfAFirstRun, RefusesAnotherEnv) {
  EXPECT_EQ(refusal_of(kModels, {{"isa", "avx512"}, {"onednn", "3.8"}}),
            (dir_ / "manifest.json").string() +
                ": env 'isa' was \"avx2\" when this folder was begun and is \"avx512\" now, which "
                "can change the last bits of results: choose another --out folder, go on on the "
                "same machine type, or say --any-env");
  EXPECT_NE(refusal_of(kModels, {{"isa", "avx2"}})
                .find("env 'onednn' was \"2.6.3\" when this "
                      "folder was begun and is missing now"),
            std::string::npos);
  EXPECT_NE(refusal_of(kModels, {{"isa", "avx2"}, {"onednn", "2.6.3"}, {"new", 1}})
                .find("env 'new' was missing"),
            std::string::npos);
}

/// The hash of the fixed products says whether machines agree, once both sides know it.
TEST_F(RunFolderOfAFirstRun, GoesByWhatProductsGive) {
  Json here = kEnv;
  here["products"] = "p1";
  EXPECT_EQ(refusal_of(kModels, here), "accepted");  // begun by an earlier version
  Json manifest = read_json(dir_ / "manifest.json");
  manifest["env"]["products"] = "p1";
  std::ofstream(dir_ / "manifest.json") << manifest;
  here["isa"] = "avx512";
  EXPECT_EQ(refusal_of(kModels, here), "accepted");
  here["products"] = "p2";
  EXPECT_EQ(refusal_of(kModels, here),
            (dir_ / "manifest.json").string() +
                ": eight fixed products had other bits when this folder was begun (isa avx2) than "
                "they have now (isa avx512), and so would results: choose another --out folder, go "
                "on on the same machine type, or say --any-env");
}

TEST_F(RunFolderOfAFirstRun, RefusesAnotherEnvWithoutAManifest) {
  fs::remove(dir_ / "manifest.json");
  EXPECT_EQ(refusal_of(kModels, kEnv), "accepted");
  EXPECT_EQ(refusal_of(kModels, {{"isa", "sse"}}).find((dir_ / "records.jsonl").string() + ":1: "),
            0u);
}

TEST_F(RunFolderOfAFirstRun, RefusesABrokenManifest) {
  std::ofstream(dir_ / "manifest.json") << "[]";
  EXPECT_EQ(refusal<DataError>([&] { RunFolder::open(dir_, kModels, kEnv); }),
            (dir_ / "manifest.json").string() +
                ": numerics or env is missing; this is no manifest of noisefloor");
}

TEST_F(RunFolderOfAFirstRun, RefusesAModelItWasNotBegunWith) {
  EXPECT_EQ(
      refusal_of({{"third", "m3", "d3"}}, kEnv),
      (dir_ / "manifest.json").string() +
          ": this folder belongs to opt-nano; another model, third, needs another --out folder");
}

TEST_F(RunFolderOfAFirstRun, RemembersModelsThatALaterRunLeavesOut) {
  {
    RunFolder folder = RunFolder::open(dir_, {kModels.back()}, kEnv);
    folder.write_description("", "", Json::object());
  }
  EXPECT_NE(refusal_of({{kModels.front().model, "m9", "d1"}}, kEnv), "accepted");
  EXPECT_EQ(refusal_of(kModels, kEnv), "accepted");
}

TEST_F(RunFolderOfAFirstRun, HasOneRunAtATime) {
  const RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
  EXPECT_NE(refusal<DataError>([&] {
              RunFolder::open(dir_, kModels, kEnv);
            }).find("records.jsonl: another run is writing this file"),
            std::string::npos);
}

TEST_F(RunFolderOfAFirstRun, RemovesWhatAKilledRunWasWriting) {
  for (const char* name : {"results.csv.tmp-77-0", "manifest.json.tmp-1-3", "mine.csv.tmp-77-0"})
    append_text(dir_ / name, "half");
  RunFolder::open(dir_, kModels, kEnv);
  EXPECT_FALSE(fs::exists(dir_ / "results.csv.tmp-77-0"));
  EXPECT_FALSE(fs::exists(dir_ / "manifest.json.tmp-1-3"));
  EXPECT_TRUE(fs::exists(dir_ / "mine.csv.tmp-77-0"));
}

const RowKey kRow = {.id = "a", .name = "noise", .model = "opt-nano", .seed = 0};

TEST_F(RunFolderOfAFirstRun, HasTheRowsOfItsResultsInTheManifest) {
  RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
  folder.write_description("", "", Json::object(), {kRow}, {{"piqa", true}});
  EXPECT_EQ(read_manifest(dir_ / "manifest.json").rows->size(), 1u);
  // A search has found where to go on.
  write_results(folder, {kRow, kRow}, builtin_metrics(), {{"piqa", true}});
  const RunManifest manifest = read_manifest(dir_ / "manifest.json");
  EXPECT_EQ(manifest.rows->size(), 2u);
  EXPECT_TRUE(manifest.tasks[0].has_ppl);
}

TEST_F(RunFolderOfAFirstRun, IsReadWithoutTakingHoldOfIt) {
  RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
  folder.write_description("experiment: e\n", "resolved: r\n", {{"command", "c"}}, {kRow});
  append_text(dir_ / "records.jsonl", "{\"id\": \"to");
  const std::string before = read_text_file(dir_ / "records.jsonl");
  const RunContents contents = RunFolder::read(dir_);
  EXPECT_EQ(read_text_file(dir_ / "records.jsonl"), before);
  ASSERT_EQ(contents.records.size(), 2u);
  EXPECT_EQ(contents.place(1), (dir_ / "records.jsonl").string() + ":2");
  EXPECT_EQ(contents.experiment, "experiment: e\n");
  EXPECT_EQ(contents.resolved, "resolved: r\n");
  EXPECT_EQ(contents.manifest.models.size(), 2u);
  EXPECT_EQ(contents.manifest.about.at("command"), "c");
  ASSERT_EQ(results_of(contents).size(), 1u);
  EXPECT_EQ(results_of(contents)[0].text.sums.tokens, 20);
}

TEST_F(RunFolderOfAFirstRun, SaysHowItsExperimentIsLoaded) {
  RunFolder folder = RunFolder::open(dir_, kModels, kEnv);
  folder.write_description("experiment: e\n", "",
                           {{"experiment_dir", "/home/me"},
                            {"set", Json::array({"seed=1", "model=opt"})},
                            {"set_dir", "/tmp"}},
                           {kRow});
  const ExperimentSource source = RunFolder::read(dir_).source();
  EXPECT_EQ(source.text, "experiment: e\n");
  EXPECT_EQ(source.name, (dir_ / "experiment.yaml").string());
  EXPECT_EQ(source.directory, "/home/me");
  EXPECT_EQ(source.set, (std::vector<std::string>{"seed=1", "model=opt"}));
  EXPECT_EQ(source.set_directory, "/tmp");

  folder.write_description("", "", {{"experiment_dir", 3}}, {kRow});
  EXPECT_EQ(refusal<DataError>([&] { RunFolder::read(dir_).source(); }),
            (dir_ / "manifest.json").string() + ": experiment_dir: expected a text");
}

TEST_F(RunFolderOfAFirstRun, OfAnEarlierVersionSaysWhatToDo) {
  Json manifest = read_json(dir_ / "manifest.json");
  manifest.erase("rows");
  std::ofstream(dir_ / "manifest.json") << manifest;
  EXPECT_EQ(refusal<ConfigError>([&] { RunFolder::read(dir_); }),
            (dir_ / "manifest.json").string() +
                ": does not say what the rows of the results are: an earlier version of the "
                "program made it; the `run` command that made the folder, called once more, adds "
                "them");
}

TEST(RunFolder, ReadsNothingElse) {
  const TempDir temp;
  EXPECT_EQ(refusal<ConfigError>([&] { RunFolder::read(temp / "no"); }),
            (temp / "no").string() + ": no such folder");
  EXPECT_EQ(refusal<ConfigError>([&] { RunFolder::read(temp.path()); }),
            temp.path().string() + ": is not a run folder, it has no manifest.json");
}

TEST(RunFolder, CreatesFoldersWithTheirParents) {
  const TempDir temp;
  const RunFolder folder = RunFolder::open(temp / "a/b/c", kModels, kEnv);
  EXPECT_TRUE(folder.records().empty());
  EXPECT_TRUE(fs::exists(temp / "a/b/c/records.jsonl"));
}

TEST(RunFolder, TakesAnEmptyFolder) {
  const TempDir temp;
  EXPECT_EQ(RunFolder::open(temp.path(), kModels, kEnv).dir(), temp.path());
}

TEST(RunFolder, NeverWritesOverSomebodyElsesFile) {
  const TempDir temp;
  std::ofstream(temp / "thesis.tex") << "text";
  std::ofstream(temp / "results.csv") << "mine";
  EXPECT_EQ(refusal<ConfigError>([&] { RunFolder::open(temp.path(), kModels, kEnv); }),
            temp.path().string() +
                ": is not a run folder, but holds a file called results.csv; choose another --out "
                "folder");
  EXPECT_FALSE(fs::exists(temp / "records.jsonl"));
  fs::remove(temp / "results.csv");
  EXPECT_EQ(refusal<ConfigError>([&] { RunFolder::open(temp.path(), kModels, kEnv); }), "accepted");
}

TEST(RunFolder, RefusesAFile) {
  const TempDir temp;
  std::ofstream(temp / "out") << "text";
  EXPECT_EQ(refusal<ConfigError>([&] { RunFolder::open(temp / "out", kModels, kEnv); }),
            (temp / "out").string() + ": is not a folder; choose another --out folder");
}

}  // namespace
}  // namespace nf
