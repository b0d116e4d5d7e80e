#include "eval/batch/merge.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/records/mixed_env.h"
#include "eval/records/model_bench.h"
#include "eval/results/run_results.h"
#include "eval/tables/result_files.h"
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

/// The tables are written while records are read, a few trials at a time: they must be those that
/// all rows together give.
void expect_tables_of_records(const fs::path& dir) {
  const RunContents run = RunFolder::read(dir);
  const FollowedSearches searches = searches_of(run);
  for (const ResultFile& file :
       result_files(results_of(run), searches, builtin_metrics(), run.manifest.tasks)) {
    const bool is_there = fs::exists(dir / file.name);
    EXPECT_EQ(is_there, !file.text.empty()) << file.name;
    EXPECT_EQ(is_there ? read_text_file(dir / file.name) : "", file.text) << file.name;
  }
}

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
  expect_tables_of_records(out_);
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

/// Tails of windows are pooled on the way, lines are copied: the tables must be those of what the
/// new folder holds, whose windows have their own tails, and one of which was there twice.
TEST_F(MergeOfShards, HasTheTablesOfTheRecordsThatItWrites) {
  const auto with_tails = [](Record record) {
    for (WindowSums& window : record.windows) {
      KlTail tail;
      for (Index token = 0; token < window.sums.tokens; ++token)
        tail.add(0.01 * static_cast<double>(window.window + 1) * static_cast<double>(token));
      window.sums.tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail));
    }
    return record;
  };
  Record first = with_tails(window_record("x", "w4", 0));
  Record second = with_tails(window_record("x", "w4", 2));
  second.windows.push_back(first.windows.back());  // cut off: another record has it
  write_run(temp_ / "c", {first}, {window_row("x", "w4")});
  write_run(temp_ / "d", {second}, {window_row("x", "w4")});
  merge_runs({.runs = {temp_ / "c", temp_ / "d"}, .out = out_}, builtin_metrics());
  const RunContents merged = RunFolder::read(out_);
  ASSERT_EQ(merged.records.size(), 2u);
  EXPECT_EQ(merged.records[1].windows.size(), 2u);
  EXPECT_NE(merged.records[1].windows[0].sums.tail, nullptr);
  ASSERT_TRUE(results_of(merged).front().text.tail);
  expect_tables_of_records(out_);
}

/// Lines, seeds and groups whose rows lie in several folders, of two models, in an order that is
/// not that of the tables; each folder has another part of the text of some.
TEST_F(MergeOfShards, HasTheTablesOfAllRowsTogether) {
  const std::vector<ModelIdentity> models = {{"opt", "m1", "d1", 16}, {"llama", "m2", "d2", 16}};
  std::vector<RowKey> rows;
  std::vector<std::vector<Record>> records(3);
  const auto add = [&](const std::string& name, const std::string& model, std::uint64_t seed,
                       const Json& vars, const Design& design = {}) {
    RowKey row = window_row(name + model + std::to_string(seed) + vars.dump(), name, vars);
    row.model = model;
    row.design = design;
    if (row.seed) row.seed = seed;
    if (name == kFloorName) row.seed.reset();
    // Parts of the text in several folders, some of them in two.
    for (Index part = 0; part < 8; ++part) {
      Record record = window_record(row.id, name, 2 * part);
      record.model = model;
      record.seed = row.seed;
      record.vars = vars;
      for (WindowSums& window : record.windows) {
        const double unlike = static_cast<double>((window.window * 7 + std::ssize(row.id)) % 11);
        window.sums.kl = name == "baseline"   ? 0.0
                         : name == kFloorName ? 0.001
                                              : 0.3 + 0.01 * unlike;
        window.sums.residual = 50.0 + unlike;
      }
      record.sites = {{.site = "layers.0.q_proj.input",
                       .stats = {.count = 2, .sum_x2 = 2.0, .sum_d2 = 0.5},
                       .complete = false,
                       .first_window = 2 * part,
                       .windows = 2}};
      const auto at = static_cast<std::size_t>(part + std::ssize(rows)) % records.size();
      records[at].push_back(record);
      if (part == 3) records[(at + 1) % records.size()].push_back(record);
    }
    rows.push_back(row);
  };
  const Design pairs = {.kind = "pairs", .factor = "role"};
  for (const std::string model : {"opt", "llama"}) {
    add("baseline", model, 0, Json::object());
    add(kFloorName, model, 0, Json::object());
    for (const std::uint64_t seed : {0, 1}) {
      for (const int bits : {3, 4}) add("w", model, seed, {{"bits", bits}});
      for (const char* role : {"q", "k", "q+k", "all"})
        add("p", model, seed, {{"role", role}}, pairs);
      for (const char* twin : {"", "permuted"}) add("t", model, seed, {{"twin", twin}});
    }
  }
  std::vector<fs::path> runs;
  for (std::size_t i = 0; i < records.size(); ++i) {
    runs.push_back(temp_ / fmt::format("part{}", i));
    std::reverse(records[i].begin(), records[i].end());
    write_run(runs.back(), records[i], rows, {}, models);
  }
  const MergeOutcome outcome = merge_runs({.runs = runs, .out = out_}, builtin_metrics());
  EXPECT_EQ(outcome.rows.size(), rows.size() - 2);
  EXPECT_EQ(outcome.repeated, std::ssize(rows));
  for (const char* name : {"statistics.csv", "effects.csv", "twins.csv", "documents.csv"})
    EXPECT_GT(read_text_file(out_ / name).size(), 500u) << name;
  expect_tables_of_records(out_);
}

/// The error is that of the first damaged line, as one that reads the files in their order meets
/// it, whichever trial it is of and whatever else is wrong.
TEST_F(MergeOfShards, TellsTheFirstDamagedLine) {
  Record wrong = window_record("b", "baseline", 0);
  wrong.windows[0].sums.nll = 5.0;
  write_run(temp_ / "c", {wrong, window_record("t3", "w", 0), window_record("t4", "w", 0)},
            {window_row("b", "baseline"), window_row("t3", "w", {{"bits", 3}}),
             window_row("t4", "w", {{"bits", 4}})});
  const std::string text = read_text_file(temp_ / "c" / "records.jsonl");
  const auto damage = [&](std::size_t line, const std::string& part, const std::string& with) {
    std::string damaged = text;
    std::size_t at = 0;
    for (std::size_t i = 1; i < line; ++i) at = damaged.find('\n', at) + 1;
    damaged.replace(damaged.find(part, at), part.size(), with);
    std::ofstream(temp_ / "c" / "records.jsonl") << damaged;
    return refusal({.runs = {a_, temp_ / "c", b_}, .out = out_});
  };
  const std::string way_out =
      "; if the file was damaged, delete line 2: what it held runs again with the next "
      "`noisefloor run` into this folder";
  EXPECT_TRUE(damage(2, "{\"id\"", "[\"id\"").starts_with("c/records.jsonl:2: "));
  EXPECT_EQ(
      damage(2, "\"tokens\":10,\"nll\":", "\"tokens\":-1,\"nll\":"),
      "c/records.jsonl:2: windows[0]: tokens: expected a whole number from 0 to 2^48" + way_out);
  EXPECT_TRUE(
      damage(3, "\"tokens\":10,\"nll\"", "\"tokens\":10,nll").starts_with("c/records.jsonl:3: "));
  // Of two damaged lines in two folders the one in the earlier folder.
  const std::string other = read_text_file(b_ / "records.jsonl");
  std::ofstream(b_ / "records.jsonl") << "{\"id\":\"b\"}\n" << other;
  EXPECT_TRUE(
      damage(2, "\"tokens\":10,\"nll\"", "\"tokens\":10,nll").starts_with("c/records.jsonl:2: "));
  std::ofstream(b_ / "records.jsonl") << other;
  // A last line that is torn was never finished: the next run has it again.
  std::ofstream(temp_ / "c" / "records.jsonl") << text.substr(0, text.size() - 1);
  EXPECT_TRUE(refusal({.runs = {a_, temp_ / "c"}, .out = out_}).starts_with("trial 'baseline'"));
  EXPECT_FALSE(fs::exists(out_));
}

/// A newer version may have written more than this one knows.
TEST_F(MergeOfShards, KeepsLinesThatAreNewAsTheyStand) {
  std::string lines = read_text_file(a_ / "records.jsonl");
  lines.insert(1, "\"of_a_newer_version\":[1,2],");
  std::ofstream(a_ / "records.jsonl") << lines;
  merge_runs({.runs = {a_, b_}, .out = out_}, builtin_metrics());
  EXPECT_TRUE(read_text_file(out_ / "records.jsonl").starts_with(lines));
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
  EXPECT_EQ(mixed.other_copies, "");
  const fs::path again = write("again", 0, {{"isa", "avx2"}, {"products", "p2"}});
  const MergeOutcome doubled = merge_runs(
      {.runs = {one, again}, .out = temp_ / "doubled", .any_env = true}, builtin_metrics());
  EXPECT_EQ(doubled.mixed_env, "") << "nothing of it is kept";
  EXPECT_EQ(doubled.other_copies.find("1 record is left out, for an earlier folder has"), 0u)
      << doubled.other_copies;
  const RunContents contents = RunFolder::read(out_, RecordParts::figures);
  EXPECT_EQ(contents.manifest.about.at("other_envs").size(), 1u);
  EXPECT_EQ(mixed_env_text(contents.manifest), mixed.mixed_env);
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

TEST_F(MergeOfShards, KeepsTimesOfModels) {
  const auto bench = [](const char* cpu) {
    return Json(
        {{"model_hash", "abc"},
         {"cpu", cpu},
         {"gemm", "oneDNN"},
         {"isa", "avx2"},
         {"threads", 2},
         {"context", 16},
         {"sizes", {{"linears", 1}, {"values", 64.0}, {"rows", 8.0}, {"head_values", 10.0}}},
         {"forms", Json::array()}});
  };
  keep_bench(b_, bench("a CPU"));
  merge_runs({.runs = {a_, b_}, .out = out_}, builtin_metrics());
  EXPECT_EQ(read_text_file(out_ / kBench), read_text_file(b_ / kBench));
  keep_bench(a_, bench("another"));
  EXPECT_EQ(refusal({.runs = {a_, b_}, .out = temp_ / "again"}),
            "b/bench.json: has other times of a model than a/bench.json; remove the one that is "
            "not to be kept");
  EXPECT_FALSE(fs::exists(temp_ / "again"));
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
