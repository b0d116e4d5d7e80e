#include "eval/batch/join_records.h"

#include <gtest/gtest.h>

#include "tests/support/run_contents.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

RunContents contents(const std::string& dir, const std::vector<Record>& records) {
  return {.dir = dir, .manifest = {}, .records = records, .experiment = {}, .resolved = {}};
}

/// "id: windows" of each record.
std::vector<std::string> shown(const RecordJoin& join) {
  std::vector<std::string> result;
  for (const Record& record : join.records()) {
    result.push_back(record.id + ":");
    for (const WindowSums& window : record.windows)
      result.back() += " " + std::to_string(window.window);
  }
  return result;
}

using Texts = std::vector<std::string>;

TEST(RecordJoin, KeepsWhatIsNew) {
  const RunContents a = contents("A", {window_record("x", "w4", 0), window_record("b", "n", 0)});
  const RunContents b = contents(
      "B", {window_record("x", "w4", 0), window_record("x", "w4", 2), window_record("y", "w3", 0)});
  RecordJoin join(false);
  join.add(a);
  join.add(b);
  EXPECT_EQ(shown(join), (Texts{"x: 0 1", "b: 0 1", "x: 2 3", "y: 0 1"}));
  EXPECT_EQ(join.repeated(), 1);
  EXPECT_EQ(join.conflicts(), Texts());
}

Record failed_record(const std::vector<Index>& items) {
  Record record{.id = "x", .name = "w4", .model = "opt", .seed = 0};
  record.status = Status::failed;
  record.error = "layers.0 is not finite";
  record.env = {{"isa", "avx2"}};
  record.run["items"] = items;
  return record;
}

TEST(RecordJoin, TellsAFailureWhereAnotherFolderHasFigures) {
  const auto conflicts = [](const std::vector<RunContents>& folders, bool any_env = false) {
    RecordJoin join(any_env);
    for (const RunContents& folder : folders) join.add(folder);
    return join.conflicts();
  };
  const auto with_models = [](RunContents folder) {
    folder.manifest.models = {{.model = "opt",
                               .model_hash = "m1",
                               .data_hash = "d1",
                               .windows = 4,
                               .questions = {{"a", 2}, {"b", 3}}}};
    return folder;
  };
  const RunContents bad = with_models(contents("A", {failed_record({0, 1, 2, 3})}));
  const RunContents good =
      with_models(contents("B", {window_record("x", "w4", 0), window_record("x", "w4", 2)}));
  const Texts told = {
      "trial 'w4' of opt, seed 0: 4 items from window 0 on: status: failed (layers.0 is not finite)"
      " in A/records.jsonl:1, ok in B/records.jsonl:1"};
  EXPECT_EQ(conflicts({bad, good}), told);
  EXPECT_EQ(conflicts({good, bad}), told);
  // It may have failed on what the other folder has not come to.
  const RunContents half = with_models(contents("B", {window_record("x", "w4", 0)}));
  EXPECT_EQ(conflicts({bad, half}), Texts());
  EXPECT_EQ(conflicts({half, bad}), Texts());
  // Questions are items behind the windows.
  Record asked{.id = "x", .name = "w4", .model = "opt", .seed = 0};
  asked.questions = {{.task = "b", .question = 1, .parts = {}}};
  asked.env = {{"isa", "avx2"}};
  const RunContents answers = with_models(contents("B", {asked}));
  EXPECT_EQ(conflicts({answers, with_models(contents("A", {failed_record({6})}))}), Texts());
  EXPECT_EQ(conflicts({answers, with_models(contents("A", {failed_record({7})}))}).size(), 1u);
  // Another machine may well come further.
  RunContents elsewhere = bad;
  elsewhere.records.front().env = {{"isa", "other"}};
  EXPECT_EQ(conflicts({elsewhere, good}, true), Texts());
  EXPECT_EQ(conflicts({bad, good}, true), told);
}

TEST(RecordJoin, CutsOffWhatAnEarlierRecordHas) {
  Record stage = window_record("x", "w4", 0);
  const Record rest = window_record("x", "w4", 2);
  stage.windows.insert(stage.windows.end(), rest.windows.begin(), rest.windows.end());
  const SiteStats weight{.site = "q.weight", .stats = {.count = 4}};
  const auto input = [](Index first, Index windows) {
    return SiteStats{
        .site = "q.input", .stats = {.count = windows}, .first_window = first, .windows = windows};
  };
  Record early = window_record("x", "w4", 0);
  early.sites = {weight, input(0, 2)};
  stage.sites = {weight, input(0, 4)};
  const RunContents a = contents("A", {early}), b = contents("B", {stage});
  RecordJoin join(false);
  join.add(a);
  join.add(b);
  EXPECT_EQ(shown(join), (Texts{"x: 0 1", "x: 2 3"}));
  ASSERT_EQ(join.records()[1].sites.size(), 1u);  // the block of all four windows
  EXPECT_EQ(join.records()[1].sites[0].windows, 4);
  EXPECT_EQ(build_results({window_row("x", "w4")}, join.records())[0].sites[1].stats.count, 4);
}

/// The items of questions stand behind the windows: no window tells that they are there.
TEST(RecordJoin, KnowsTheInputsOfQuestions) {
  Record record = window_record("x", "w4", 0);
  record.windows.clear();
  record.questions = {{.task = "toy", .question = 0, .parts = {}},
                      {.task = "toy", .question = 1, .parts = {}}};
  record.sites = {{.site = "q.input", .stats = {.count = 2}, .first_window = 4, .windows = 2}};
  const RunContents a = contents("A", {record}), b = contents("B", {record});
  RecordJoin join(false);
  join.add(a);
  join.add(b);
  EXPECT_EQ(join.records().size(), 1u);
  EXPECT_EQ(join.repeated(), 1);
}

/// A stage of questions that another attempt has cut in two: all of it is there, though no known
/// block is that large.
TEST(RecordJoin, KnowsTheInputsOfQuestionsWhoseStagesWereCutElsewhere) {
  const auto asked = [](Index question, Index count) {
    Record record{.id = "x", .name = "w4", .model = "opt"};
    for (Index q = question; q < question + count; ++q)
      record.questions.push_back({.task = "toy", .question = q, .parts = {}});
    record.sites = {{.site = "q.input",
                     .stats = {.count = count},
                     .first_window = 4 + question,
                     .windows = count}};
    return record;
  };
  const RunContents halves = contents("A", {asked(0, 1), asked(1, 1)});
  const RunContents whole = contents("B", {asked(0, 2)});
  RecordJoin join(false);
  join.add(halves);
  join.add(whole);
  EXPECT_EQ(join.records().size(), 2u);
  EXPECT_EQ(join.repeated(), 1);
}

/// Attempts of a shard that overlap in part: a block of each stays where it has a new window, and
/// every window counts once.
TEST(RecordJoin, CountsEachWindowOfInputsOnce) {
  const auto stage = [](const std::vector<std::pair<Index, Index>>& blocks) {
    Record record{.id = "x", .name = "w4", .model = "opt", .seed = 0};
    for (const auto& [first, windows] : blocks) {
      for (Index window = first; window < first + windows; ++window)
        record.windows.push_back({.window = window, .sums = {.tokens = 1}});
      record.sites.push_back({.site = "q.input",
                              .stats = {.count = windows, .sum_x2 = static_cast<double>(windows)},
                              .first_window = first,
                              .windows = windows});
    }
    return record;
  };
  // Windows 0 to 2 of one attempt, 1 to 5 of another, all eight of a third.
  const RunContents a = contents("A", {stage({{0, 2}, {2, 1}})});
  const RunContents b = contents("B", {stage({{1, 1}, {2, 2}, {4, 2}})});
  const RunContents c = contents("C", {stage({{0, 8}})});
  const auto counted = [](const std::vector<const RunContents*>& folders) {
    RecordJoin join(false);
    for (const RunContents* folder : folders) join.add(*folder);
    const ResultRow row = build_results({window_row("x", "w4")}, join.records()).front();
    return std::pair(row.text.windows, row.sites.front().stats.count);
  };
  EXPECT_EQ(counted({&a, &b}), std::pair(Index{6}, Index{6}));
  EXPECT_EQ(counted({&b, &a}), std::pair(Index{6}, Index{6}));
  EXPECT_EQ(counted({&a, &b, &c}), std::pair(Index{8}, Index{8}));
  EXPECT_EQ(counted({&c, &a, &b}), std::pair(Index{8}, Index{8}));
  EXPECT_EQ(counted({&b, &c, &a}), std::pair(Index{8}, Index{8}));
}

TEST(RecordJoin, NamesWhatIsNotEqual) {
  Record other = window_record("x", "w4", 0);
  other.windows[1].sums.nll = 7.5;
  other.windows[1].sums.top1 = 3;
  const RunContents a = contents("A", {window_record("b", "n", 0), window_record("x", "w4", 0)});
  const RunContents b = contents("B", {other});
  RecordJoin join(false);
  join.add(a);
  join.add(b);
  EXPECT_EQ(join.conflicts(),
            (Texts{"trial 'w4' of opt, seed 0: window 1: nll: 0.2 in A/records.jsonl:2, 7.5 in "
                   "B/records.jsonl:1",
                   "trial 'w4' of opt, seed 0: window 1: top1: 9 in A/records.jsonl:2, 3 in "
                   "B/records.jsonl:1"}));
}

TEST(RecordJoin, NamesWeightsThatAreNotEqual) {
  Record one = window_record("x", "w4", 0), other = window_record("x", "w4", 2);
  one.sites = {{.site = "q.weight", .stats = {.count = 4, .sum_x2 = 1.0}}};
  other.sites = {{.site = "q.weight", .stats = {.count = 4, .sum_x2 = 2.0}}};
  const RunContents a = contents("A", {one}), b = contents("B", {other});
  RecordJoin join(false);
  join.add(a);
  join.add(b);
  ASSERT_EQ(join.conflicts().size(), 1u);
  EXPECT_NE(join.conflicts()[0].find("q.weight: sum_x2: 1.0 in A"), std::string::npos);
}

TEST(RecordJoin, TakesTheFirstOfTwoEnvs) {
  Record other = window_record("x", "w4", 0);
  other.windows[1].sums.nll = 7.5;
  const RunContents a = contents("A", {window_record("x", "w4", 0)});
  const RunContents same = contents("B", {other});
  RecordJoin strict(true);
  strict.add(a);
  strict.add(same);
  EXPECT_EQ(strict.conflicts().size(), 1u);  // one machine type gives the same bits
  EXPECT_EQ(strict.other_copies(), 0);
  other.env = {{"isa", "avx512"}};
  const RunContents another = contents("B", {other});
  RecordJoin join(true);
  join.add(a);
  join.add(another);
  EXPECT_EQ(join.conflicts(), Texts());
  EXPECT_EQ(join.other_copies(), 1);
  EXPECT_EQ(shown(join), Texts{"x: 0 1"});
}

TEST(RecordJoin, KeepsAFailureOnce) {
  Record failed{
      .id = "x", .name = "w4", .model = "opt", .status = Status::failed, .error = "overflow"};
  const RunContents a = contents("A", {window_record("x", "w4", 0), failed});
  const RunContents b = contents("B", {failed});
  RecordJoin join(false);
  join.add(a);
  join.add(b);
  EXPECT_EQ(shown(join), (Texts{"x: 0 1", "x:"}));
  EXPECT_EQ(join.repeated(), 1);
}

TEST(RecordJoin, JoinsQuestions) {
  const auto asked = [](Index question, double nll) {
    Record record{.id = "x", .name = "w4", .model = "opt"};
    record.questions = {{.task = "piqa", .question = question, .parts = {{.nll = nll}}}};
    return record;
  };
  const RunContents a = contents("A", {asked(0, 1.0), asked(1, 1.0)});
  const RunContents b = contents("B", {asked(1, 2.0), asked(2, 1.0)});
  RecordJoin join(false);
  join.add(a);
  join.add(b);
  EXPECT_EQ(join.records().size(), 3u);
  ASSERT_EQ(join.conflicts().size(), 1u);
  EXPECT_NE(join.conflicts()[0].find("question 1 of piqa: choices[0].loglikelihood: -1.0 in"),
            std::string::npos);
}

}  // namespace
}  // namespace nf
