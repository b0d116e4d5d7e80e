#include "eval/batch/merge.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/records/mixed_env.h"
#include "eval/tables/results_csv.h"
#include "eval/tables/sites_csv.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/run_contents.h"
#include "tests/support/temp_dir.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const std::string kWayOut =
    "merge runs of one machine type, or say --mixed-env, and the results will say that they are "
    "mixed; `isa: avx2` in the experiment makes such machines agree";

/// Two shards of a sweep: the baseline and a trial each.
class MergeOfShards : public testing::Test {
 protected:
  MergeOfShards() {
    write_run(a_, {window_record("b", "baseline", 0), window_record("t3", "w", 0)},
              {window_row("b", "baseline"), window_row("t3", "w", {{"bits", 3}})});
    write_run(b_, {window_record("t4", "w", 0), window_record("b", "baseline", 0)},
              {window_row("b", "baseline"), window_row("t4", "w", {{"bits", 4}})});
  }

  std::string refusal(const MergeOptions& options) const {
    try {
      merge_runs(options, builtin_metrics());
    } catch (const Error& error) {
      return without_folder(error.what(), temp_.path());
    }
    return "accepted";
  }
  std::size_t folders() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(temp_.path()), fs::directory_iterator()));
  }

  TempDir temp_;
  fs::path a_ = temp_ / "a", b_ = temp_ / "b", out_ = temp_ / "out";
};

TEST_F(MergeOfShards, LeavesAFolderLikeThatOfARun) {
  const MergeOutcome outcome = merge_runs(
      {.runs = {a_, b_}, .out = out_, .command = "noisefloor merge a b"}, builtin_metrics());
  EXPECT_EQ(outcome.records, 3);
  EXPECT_EQ(outcome.repeated, 1);
  ASSERT_EQ(outcome.rows.size(), 3u);
  EXPECT_EQ(outcome.rows[1].key.vars, Json({{"bits", 3}}));
  EXPECT_EQ(outcome.rows[2].key.vars, Json({{"bits", 4}}));
  EXPECT_EQ(read_text_file(out_ / "results.csv"),
            results_csv(outcome.rows, {"bits"}, builtin_metrics()));
  EXPECT_EQ(read_text_file(out_ / "sites.csv"), sites_csv(outcome.rows, {"bits"}));
  EXPECT_EQ(read_text_file(out_ / "experiment.yaml"), "experiment: e\n");
  EXPECT_EQ(read_text_file(out_ / "resolved.yaml"), "resolved: r\n");

  const Json manifest = read_json(out_ / "manifest.json");
  EXPECT_EQ(manifest.at("command"), "noisefloor merge a b");
  EXPECT_EQ(manifest.at("experiment_dir"), "/experiments");
  ASSERT_EQ(manifest.at("merged").size(), 2u);
  EXPECT_EQ(manifest.at("merged")[1].at("folder"), b_.string());
  EXPECT_EQ(manifest.at("merged")[1].at("command"), "noisefloor run");
  EXPECT_EQ(RunFolder::read(out_).records.size(), 3u);
  EXPECT_EQ(folders(), 3u);  // nothing temporary is left
}

TEST_F(MergeOfShards, KeepsWhatItWasMergedFromWhenARunGoesOn) {
  merge_runs({.runs = {a_, b_}, .out = out_}, builtin_metrics());
  RunFolder folder = RunFolder::open(out_, kContentsModels, {{"isa", "avx2"}});
  EXPECT_EQ(folder.records().size(), 3u);
  folder.write_description("", "", {{"command", "noisefloor run"}});
  EXPECT_EQ(read_json(out_ / "manifest.json").at("merged").size(), 2u);
}

TEST_F(MergeOfShards, PutsRowsBesideThoseOfTheirModel) {
  const std::vector<ModelIdentity> models = {{"opt", "m", "d"}, {"llama", "m", "d"}};
  const auto row = [](const std::string& id, const std::string& name, const std::string& model) {
    RowKey key = window_row(id, name);
    key.model = model;
    return key;
  };
  write_run(temp_ / "c", {window_record("1", "x", 0)},
            {row("1", "x", "opt"), row("2", "x", "llama")}, {}, models);
  write_run(temp_ / "d", {window_record("3", "y", 0)},
            {row("3", "y", "opt"), row("4", "y", "llama")}, {}, models);
  merge_runs({.runs = {temp_ / "c", temp_ / "d"}, .out = out_}, builtin_metrics());
  std::string ids;
  const RunContents merged = RunFolder::read(out_);
  for (const RowKey& key : *merged.manifest.rows) ids += key.id;
  EXPECT_EQ(ids, "1324");
}

/// Where only some runs have measured it, the order of the folders makes no difference to its
/// place.
TEST_F(MergeOfShards, AFloorStandsBehindTheBaseline) {
  const RowKey baseline = window_row("b", "baseline");
  RowKey floor = window_row("f", kFloorName);
  floor.seed.reset();
  write_run(temp_ / "with", {window_record("b", "baseline", 0)},
            {baseline, floor, window_row("1", "x")});
  write_run(temp_ / "without", {window_record("b", "baseline", 0)},
            {baseline, window_row("2", "y")});
  const auto ids = [this](std::vector<fs::path> runs, const char* out) {
    merge_runs({.runs = std::move(runs), .out = temp_ / out}, builtin_metrics());
    std::string text;
    const RunContents merged = RunFolder::read(temp_ / out);
    for (const RowKey& key : *merged.manifest.rows) text += key.id;
    return text;
  };
  EXPECT_EQ(ids({temp_ / "with", temp_ / "without"}, "one"), "bf12");
  EXPECT_EQ(ids({temp_ / "without", temp_ / "with"}, "other"), "bf21");
}

TEST_F(MergeOfShards, ReportsConflictsAndWritesNothing) {
  Record wrong = window_record("b", "baseline", 0);
  wrong.windows[0].sums.nll = 5.0;
  write_run(temp_ / "c", {wrong}, {window_row("b", "baseline")});
  EXPECT_EQ(refusal({.runs = {a_, temp_ / "c"}, .out = out_}),
            "trial 'baseline' of opt: window 0: nll: 0.1 in a/records.jsonl:1, 5.0 in "
            "c/records.jsonl:1\n"
            "the folders disagree, though the same trial has the same bits on one machine type: "
            "one is damaged; nothing was written");
  EXPECT_EQ(folders(), 3u);
}

TEST_F(MergeOfShards, RefusesOtherModelsDataAndEnv) {
  const std::vector<RowKey> rows = {window_row("b", "baseline")};
  const auto with = [&](const std::vector<ModelIdentity>& models, const Json& env) {
    fs::remove_all(temp_ / "c");
    write_run(temp_ / "c", {}, rows, {}, models, env);
    return refusal({.runs = {a_, temp_ / "c"}, .out = out_});
  };
  const Json env = {{"isa", "avx2"}};
  const std::string end =
      " in a/manifest.json: only runs of the same models and data can be merged";
  EXPECT_EQ(with({{"opt", "m9", "d1"}}, env),
            "c/manifest.json: model 'opt' has other weights or another config: model_hash m1 in "
            "a/manifest.json, m9 here: only runs of the same models and data can be merged");
  EXPECT_EQ(with({{"opt", "m1", "d9"}}, env),
            "c/manifest.json: model 'opt' has another text, other windows or tasks, or another "
            "tokenizer: data_hash d1 in a/manifest.json, d9 here: only runs of the same models and "
            "data can be merged");
  EXPECT_EQ(with({{"llama", "m1", "d1"}}, env),
            "c/manifest.json: has no model 'opt', which is" + end);
  EXPECT_EQ(with({{"opt", "m1", "d1"}, {"llama", "m1", "d1"}}, env),
            "c/manifest.json: has a model 'llama', which is not" + end);
  EXPECT_EQ(
      with(kContentsModels, {{"isa", "avx512"}}),
      "c/manifest.json: env 'isa' was \"avx2\" in a/manifest.json and is \"avx512\" here, which "
      "can change the last bits of results: " +
          kWayOut);
  merge_runs({.runs = {a_, temp_ / "c"}, .out = temp_ / "d", .any_env = true}, builtin_metrics());
  // A folder of an earlier version, which did not know what products give, goes by the names.
  EXPECT_EQ(with(kContentsModels, {{"isa", "avx2"}, {"products", "p1"}}), "accepted");
}

/// Machines are told apart by what their products give, whatever they are called.
TEST_F(MergeOfShards, ComparesWhatProductsGive) {
  const std::vector<RowKey> rows = {window_row("b", "baseline"), window_row("1", "w")};
  const auto write = [&](const char* name, Index first, const Json& env) {
    Record record = window_record("1", "w", first);
    record.env = env;
    write_run(temp_ / name, {record}, rows, {}, kContentsModels, env);
    return temp_ / name;
  };
  const fs::path one = write("one", 0, {{"isa", "avx512"}, {"products", "p1"}});
  const fs::path alike = write("alike", 2, {{"isa", "avx2"}, {"products", "p1"}});
  const fs::path other = write("other", 2, {{"isa", "avx2"}, {"products", "p2"}});
  const MergeOutcome merged =
      merge_runs({.runs = {one, alike}, .out = temp_ / "equal"}, builtin_metrics());
  EXPECT_EQ(merged.mixed_env, "");
  EXPECT_EQ(refusal({.runs = {one, other}, .out = out_}),
            "other/manifest.json: eight fixed products had other bits in one/manifest.json (isa "
            "avx512) than they have here (isa avx2), and so would results: " +
                kWayOut);
  const MergeOutcome mixed =
      merge_runs({.runs = {one, other}, .out = out_, .any_env = true}, builtin_metrics());
  EXPECT_EQ(mixed.mixed_env,
            "mixed: records of machines whose matrix products differ in their last bits (isa "
            "avx512 and avx2)");
  const RunContents contents = RunFolder::read(out_, RecordParts::figures);
  EXPECT_EQ(contents.manifest.about.at("other_envs").size(), 1u);
  EXPECT_EQ(mixed_env_text(contents.manifest), mixed.mixed_env);
}
}

TEST_F(MergeOfShards, RefusesToMixFoldersWithThoseOfAnEarlierVersion) {
  ASSERT_EQ(kContentsModels.front().windows, 0);
  ModelIdentity model = kContentsModels.front();
  model.windows = 8;
  write_run(temp_ / "c", {}, {window_row("b", "baseline")}, {}, {model});
  const std::string refused =
      "a/manifest.json: does not say how much text model 'opt' has, and c/manifest.json does: an "
      "earlier version of the program made it; the `run` command that made the folder, called once "
      "more, adds it";
  EXPECT_EQ(refusal({.runs = {a_, temp_ / "c"}, .out = out_}), refused);
  EXPECT_EQ(refusal({.runs = {temp_ / "c", a_}, .out = out_}), refused);
}

TEST_F(MergeOfShards, RefusesOneNameForTwoConditions) {
  write_run(temp_ / "c", {}, {window_row("t5", "w", {{"bits", 3}})});
  EXPECT_NE(refusal({.runs = {a_, temp_ / "c"}, .out = out_})
                .find("c/manifest.json: trial 'w bits=3' of opt does something else"),
            std::string::npos);
}

TEST_F(MergeOfShards, RefusesOtherNumerics) {
  Json manifest = read_json(b_ / "manifest.json");
  manifest["numerics"] = kNumericsVersion + 1;
  std::ofstream(b_ / "manifest.json") << manifest;
  EXPECT_NE(refusal({.runs = {a_, b_}, .out = out_}).find("b/manifest.json: made with numerics"),
            std::string::npos);
}

TEST_F(MergeOfShards, NeverWritesOverAnything) {
  EXPECT_EQ(refusal({.runs = {a_, b_}, .out = b_}), "--out b: is one of the folders to merge");
  EXPECT_EQ(refusal({.runs = {a_, b_, a_}, .out = out_}), "a: is given twice");
  write_run(temp_ / "c", {}, {});
  EXPECT_EQ(refusal({.runs = {a_, b_}, .out = temp_ / "c"}),
            "--out c: is there already; choose another folder");
  EXPECT_EQ(refusal({.runs = {a_, temp_ / "nowhere"}, .out = out_}), "nowhere: no such folder");
  fs::create_directory(temp_ / "empty");
  EXPECT_EQ(refusal({.runs = {a_, temp_ / "empty"}, .out = out_}),
            "empty: is not a run folder, it has no manifest.json");
  merge_runs({.runs = {a_, b_}, .out = temp_ / "empty/"}, builtin_metrics());
  EXPECT_EQ(RunFolder::read(temp_ / "empty").records.size(), 3u);
}

}  // namespace
}  // namespace nf
