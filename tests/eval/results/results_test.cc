#include "eval/results/results.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace nf {
namespace {

constexpr Index kWindows = 13;
const std::string kInput = "layers.0.q_proj.input";
const std::string kWeight = "layers.0.q_proj.weight";

RowKey key_of(const std::string& id) {
  return {.id = id, .name = "noise", .model = "m", .seed = 0};
}

WindowSums sums_of(Index window) {
  const double w = static_cast<double>(window);
  return {.window = window,
          .sums = {.tokens = 511,
                   .nll = 2000.0 + 10.0 / (3.0 + w),
                   .kl = 0.1 / (7.0 + w),
                   .top1 = 400 + window}};
}

SiteStats site_of(const std::string& site, Index window) {
  SiteStats part{.site = site};
  part.stats.count = 100;
  part.stats.sum_x2 = 1.0 + 1.0 / (3.0 + static_cast<double>(window));
  part.stats.sum_d2 = 0.01 / (7.0 + static_cast<double>(window));
  part.stats.central_d4 = 1e-6 / (11.0 + static_cast<double>(window));
  part.stats.max_abs_d = static_cast<double>(window);
  if (site == kInput) {
    part.first_window = window;
    part.windows = 1;
  }
  return part;
}

/// The record that a run writes for windows [first, last).
Record stage(Index first, Index last, const std::string& id = "id") {
  Record record{.id = id, .name = "noise", .model = "m", .seed = 0};
  add_site(site_of(kWeight, 0), record.sites);
  for (Index window = first; window < last; ++window) {
    record.windows.push_back(sums_of(window));
    add_site(site_of(kInput, window), record.sites);
  }
  return record;
}

ResultRow joined(const std::vector<Record>& records) {
  const std::vector<ResultRow> rows = build_results({key_of("id")}, records);
  EXPECT_EQ(rows.size(), 1u);
  return rows.front();
}

TEST(BuildResults, GivesTheFloorOfAModelToItsRowsAndNoRowOfItsOwn) {
  const auto record = [](const std::string& id, const std::string& model, Index window, double kl) {
    Record one{.id = id, .name = id, .model = model};
    one.windows.push_back({.window = window, .sums = {.tokens = 50, .kl = kl}});
    return one;
  };
  const std::vector<RowKey> keys = {{.id = "b", .name = "baseline", .model = "m"},
                                    {.id = "f", .name = kFloorName, .model = "m"},
                                    {.id = "t", .name = "noise", .model = "m", .seed = 0},
                                    {.id = "o", .name = "baseline", .model = "other"},
                                    {.id = "g", .name = kFloorName, .model = "other"},
                                    {.id = "x", .name = kFloorName, .model = "old", .seed = 3}};
  const std::vector<Record> records = {record("b", "m", 0, 0.0),     record("f", "m", 0, 1e-9),
                                       record("f", "m", 1, 3e-9),    record("t", "m", 0, 1.0),
                                       record("o", "other", 0, 0.0), record("x", "old", 0, 1.0)};
  const std::vector<ResultRow> rows = build_results(keys, records);
  ASSERT_EQ(rows.size(), 4u);  // a trial called like that has a seed
  EXPECT_EQ(rows[0].kl_floor, 4e-9 / 100.0);
  EXPECT_EQ(rows[1].kl_floor, rows[0].kl_floor);
  EXPECT_EQ(rows[2].kl_floor, std::nullopt);
  EXPECT_EQ(rows[3].key.name, "floor");
  EXPECT_EQ(rows[3].kl_floor, std::nullopt);
  const std::vector<ResultRow> floors = build_floors(keys, records);
  ASSERT_EQ(floors.size(), 1u);
  EXPECT_EQ(floors[0].windows.size(), 2u);
}

TEST(BuildResults, KnowsNoFloorWhereItFailed) {
  Record failed{.id = "f", .name = kFloorName, .model = "m", .status = Status::failed};
  const Record baseline{.id = "b", .name = "baseline", .model = "m"};
  const std::vector<ResultRow> rows = build_results({{.id = "b", .name = "baseline", .model = "m"},
                                                     {.id = "f", .name = kFloorName, .model = "m"}},
                                                    {baseline, failed});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].kl_floor, std::nullopt);
}

TEST(BuildResults, MarksRowsThatHaveLessThanThereIs) {
  const auto record = [](const std::string& id, Index windows, bool stopped = false) {
    Record one{.id = id, .name = id, .model = "m"};
    for (Index window = 0; window < windows; ++window)
      one.windows.push_back({.window = window, .sums = {.tokens = 50}});
    if (stopped) one.stop = StopState{.reached = true};
    return one;
  };
  const std::vector<RowKey> keys = {{.id = "b", .name = "baseline", .model = "m"},
                                    {.id = "whole", .name = "whole", .model = "m"},
                                    {.id = "less", .name = "less", .model = "m"},
                                    {.id = "stop", .name = "stop", .model = "m"}};
  const std::vector<Record> records = {record("b", 2), record("whole", 2), record("less", 1),
                                       record("stop", 1, true)};
  const auto status = [&](const std::vector<ModelIdentity>& models) {
    std::string text;
    for (const ResultRow& row : build_results(keys, records, models))
      text += std::string(status_name(row.status)) + ' ';
    return text;
  };
  EXPECT_EQ(status({}), "ok ok partial ok ") << "less than the baseline";
  EXPECT_EQ(status({{.model = "m", .model_hash = "", .data_hash = "", .windows = 2}}),
            "ok ok partial ok ");
  EXPECT_EQ(status({{.model = "m", .model_hash = "", .data_hash = "", .windows = 3}}),
            "partial partial partial ok ")
      << "less than there is";
  EXPECT_EQ(status({{.model = "m",
                     .model_hash = "",
                     .data_hash = "",
                     .windows = 2,
                     .questions = {{"t", 4}}}}),
            "partial partial partial partial ");
}

TEST(BuildResults, TheBaselineIsWholeWhereAllOthersHaveStopped) {
  const auto record = [](const std::string& id, Index windows, bool stopped) {
    Record one{.id = id, .name = id, .model = "m"};
    for (Index window = 0; window < windows; ++window)
      one.windows.push_back({.window = window, .sums = {.tokens = 50}});
    if (stopped) one.stop = StopState{.reached = true};
    return one;
  };
  std::vector<RowKey> keys;
  for (const char* id : {"baseline", "early", "late"})
    keys.push_back({.id = id, .name = id, .model = "m"});
  const auto baseline = [&](Index windows, const std::vector<Record>& others,
                            const std::vector<std::pair<std::string, Index>>& questions = {}) {
    std::vector<Record> records = {record("baseline", windows, false)};
    records.insert(records.end(), others.begin(), others.end());
    return build_results(keys, records,
                         {{.model = "m",
                           .model_hash = "",
                           .data_hash = "",
                           .windows = 9,
                           .questions = questions}})
        .front()
        .status;
  };
  EXPECT_EQ(baseline(4, {record("early", 2, true), record("late", 4, true)}), Status::ok);
  EXPECT_EQ(baseline(3, {record("early", 2, true), record("late", 4, true)}), Status::partial);
  EXPECT_EQ(baseline(4, {record("early", 2, true), record("late", 4, false)}), Status::partial);
  EXPECT_EQ(baseline(4, {record("early", 2, true)}), Status::partial) << "one has not begun";
  Record failed{.id = "late", .name = "late", .model = "m", .status = Status::failed};
  EXPECT_EQ(baseline(4, {record("early", 2, true), failed}), Status::ok);
  EXPECT_EQ(baseline(4, {record("early", 2, true), record("late", 4, true)}, {{"t", 4}}),
            Status::partial);
}

void expect_same_bits(double a, double b) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a), std::bit_cast<std::uint64_t>(b)) << a << " and " << b;
}

void expect_same_row(const ResultRow& a, const ResultRow& b) {
  EXPECT_EQ(a.text.windows, b.text.windows);
  EXPECT_EQ(a.text.sums.tokens, b.text.sums.tokens);
  EXPECT_EQ(a.text.sums.top1, b.text.sums.top1);
  expect_same_bits(a.text.sums.nll, b.text.sums.nll);
  expect_same_bits(a.text.sums.kl, b.text.sums.kl);
  expect_same_bits(a.relative_l2_weight.value(), b.relative_l2_weight.value());
  expect_same_bits(a.relative_l2_input.value(), b.relative_l2_input.value());
  ASSERT_EQ(a.sites.size(), b.sites.size());
  for (std::size_t i = 0; i < a.sites.size(); ++i) {
    EXPECT_EQ(a.sites[i].site, b.sites[i].site);
    EXPECT_EQ(a.sites[i].stats.count, b.sites[i].stats.count);
    expect_same_bits(a.sites[i].stats.sum_x2, b.sites[i].stats.sum_x2);
    expect_same_bits(a.sites[i].stats.sum_d2, b.sites[i].stats.sum_d2);
    expect_same_bits(a.sites[i].stats.central_d4, b.sites[i].stats.central_d4);
  }
}

TEST(Results, AddUpWindows) {
  const ResultRow row = joined({stage(0, 2)});
  EXPECT_EQ(row.status, Status::ok);
  EXPECT_EQ(row.text.windows, 2);
  EXPECT_EQ(row.text.sums.tokens, 1022);
  EXPECT_DOUBLE_EQ(row.text.sums.nll, sums_of(0).sums.nll + sums_of(1).sums.nll);
  EXPECT_DOUBLE_EQ(row.text.sums.kl, sums_of(0).sums.kl + sums_of(1).sums.kl);
  EXPECT_EQ(row.text.sums.top1, 801);
}

TEST(Results, AreTheSameBitsHoweverStagesWereCut) {
  const ResultRow whole = joined({stage(0, kWindows)});
  for (Index step = 1; step < kWindows; ++step) {
    std::vector<Record> records;
    for (Index first = 0; first < kWindows; first += step)
      records.push_back(stage(first, std::min(first + step, kWindows)));
    expect_same_row(joined(records), whole);
  }
}

TEST(Results, DoNotDependOnTheOrderOfRecords) {
  expect_same_row(joined({stage(5, kWindows), stage(0, 5)}), joined({stage(0, kWindows)}));
}

TEST(Results, HaveSitesInOrderThoughTheStageWithWeightsCameLast) {
  // As after its line was damaged and deleted.
  Record later = stage(5, kWindows);
  std::erase_if(later.sites, [](const SiteStats& site) { return site.site == kWeight; });
  expect_same_row(joined({later, stage(0, 5)}), joined({stage(0, 5), later}));
}

TEST(Results, CountWindowsThatAreThereTwiceOnce) {
  const ResultRow whole = joined({stage(0, kWindows)});
  expect_same_row(joined({stage(0, kWindows), stage(0, kWindows)}), whole);
  expect_same_row(joined({stage(0, 5), stage(0, kWindows)}), whole);
  expect_same_row(joined({stage(0, 6), stage(3, 9), stage(6, kWindows)}), whole);
}

TEST(Results, KeepTheFirstOfTwoDifferentWindows) {
  Record second = stage(0, 1);
  second.windows[0].sums.nll = 1.0;
  second.sites[0].stats.sum_d2 = 1.0;
  expect_same_row(joined({stage(0, 1), second}), joined({stage(0, 1)}));
}

/// The record that a run writes for questions [first, last) of a task.
Record asked(const std::string& task, Index first, Index last, double nll) {
  Record record{.id = "id", .name = "noise", .model = "m", .seed = 0};
  for (Index question = first; question < last; ++question)
    record.questions.push_back({.task = task,
                                .question = question,
                                .parts = {{.tokens = 1, .nll = nll}},
                                .correct = question % 2 == 0});
  return record;
}

TEST(Results, JoinQuestionsEachOnce) {
  const ResultRow row =
      joined({asked("b", 2, 5, 1.0), asked("a", 0, 2, 2.0), stage(0, 1), asked("b", 0, 3, 3.0)});
  std::string order;
  for (const QuestionSums& sums : row.questions)
    order += sums.task + std::to_string(sums.question) + ' ';
  EXPECT_EQ(order, "a0 a1 b0 b1 b2 b3 b4 ");
  EXPECT_EQ(row.questions[4].parts[0].nll, 1.0);  // b2: the first one counts
  EXPECT_EQ(row.questions[3].parts[0].nll, 3.0);
  EXPECT_TRUE(row.questions[4].correct);
  EXPECT_EQ(row.text.windows, 1);
}

TEST(Results, PoolRelativeL2OverSites) {
  Record record = stage(0, 1);
  record.sites.clear();
  for (const double x2 : {4.0, 12.0}) {
    SiteStats site{.site = "layers." + std::to_string(record.sites.size()) + ".q_proj.weight"};
    site.stats.count = 1;
    site.stats.sum_x2 = x2;
    site.stats.sum_d2 = 0.08;
    record.sites.push_back(site);
  }
  const ResultRow row = joined({record});
  EXPECT_DOUBLE_EQ(row.relative_l2_weight.value(), 0.1);  // sqrt(0.16 / 16)
  EXPECT_EQ(row.relative_l2_input, std::nullopt);
}

TEST(Results, PoolStatesWithInputs) {
  Record record = stage(0, 1);
  record.sites.clear();
  double x2 = 4.0;
  for (const char* name : {"layers.0.q_proj.input", "layers.0.resid", "layers.0.k_cache",
                           "layers.0.v_cache", "lm_head.input", "layers.0.q_proj.weight"}) {
    SiteStats site{.site = name};
    site.windows = site.site.ends_with(".weight") ? 0 : 1;
    site.stats.count = 1;
    site.stats.sum_x2 = x2;
    site.stats.sum_d2 = 0.16;
    x2 *= 2.0;
    record.sites.push_back(site);
  }
  const ResultRow row = joined({record});
  EXPECT_DOUBLE_EQ(row.relative_l2_input.value(), std::sqrt(5 * 0.16 / (31 * 4.0)));
  EXPECT_DOUBLE_EQ(row.relative_l2_weight.value(), std::sqrt(0.16 / 128.0));
}

TEST(Results, FollowTheOrderOfTheExperiment) {
  const std::vector<ResultRow> rows =
      build_results({key_of("b"), key_of("missing"), key_of("a"), key_of("b")},
                    {stage(0, 1, "a"), stage(0, 1, "b"), stage(0, 1, "no longer asked for")});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].key.id, "b");
  EXPECT_EQ(rows[1].key.id, "a");
  EXPECT_EQ(rows[2].key.id, "b");
}

TEST(Results, OfAFailedTrialHaveNoNumbers) {
  Record failed{
      .id = "id", .name = "noise", .model = "m", .status = Status::failed, .error = "why"};
  const ResultRow row = joined({stage(0, 5), asked("a", 0, 2, 1.0), failed});
  EXPECT_TRUE(row.failed());
  EXPECT_EQ(row.error, "why");
  EXPECT_EQ(row.text.sums.tokens, 0);
  EXPECT_TRUE(row.sites.empty());
  EXPECT_TRUE(row.questions.empty());
  EXPECT_EQ(row.relative_l2_weight, std::nullopt);
}

}  // namespace
}  // namespace nf
