#include "eval/run/gather_warnings.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

std::shared_ptr<const Detail> detail_of(DetailMode mode) {
  if (mode == DetailMode::none) return nullptr;
  auto detail = std::make_shared<Detail>();
  detail->add({.baseline_nll = 1.0, .confidence = 0.5}, mode);
  return detail;
}

/// A weight's and an input's statistics as a run with `stats` leaves them.
Record record_of(const std::string& id, DetailMode detail, StatsMode stats) {
  Record record{.id = id, .name = id};
  record.windows = {{.window = 0, .sums = {.tokens = 1, .detail = detail_of(detail)}}};
  record.sites = {{.site = "w", .complete = stats != StatsMode::none},
                  {.site = "i", .complete = stats == StatsMode::all, .windows = 1}};
  return record;
}

const std::vector<RowKey> kRows = {{.id = "base", .name = "baseline"},
                                   {.id = "floor", .name = "floor"},
                                   {.id = "a", .name = "a", .seed = 0},
                                   {.id = "b", .name = "b", .seed = 0},
                                   {.id = "b", .name = "b", .seed = 1}};  // draws nothing

std::vector<Record> records_of(DetailMode detail, StatsMode stats) {
  Record baseline = record_of("base", detail, stats);
  baseline.sites.clear();
  // b in two stages; and a trial that the experiment has no more.
  return {baseline,
          record_of("floor", detail, stats),
          record_of("a", detail, stats),
          record_of("b", detail, stats),
          record_of("b", detail, stats),
          record_of("gone", DetailMode::none, StatsMode::none)};
}

TEST(GatherWarnings, AreNoneWhereAllIsAsAskedForOrMore) {
  for (const DetailMode detail : {DetailMode::none, DetailMode::confidence, DetailMode::tokens})
    for (const StatsMode stats : {StatsMode::none, StatsMode::weights, StatsMode::all})
      EXPECT_TRUE(gather_warnings(records_of(detail, stats), kRows, stats, detail).empty());
  EXPECT_TRUE(gather_warnings(records_of(DetailMode::tokens, StatsMode::all), kRows,
                              StatsMode::none, DetailMode::confidence)
                  .empty());
  EXPECT_TRUE(gather_warnings({}, kRows, StatsMode::all, DetailMode::tokens).empty());
}

TEST(GatherWarnings, CountTheTrialsWithoutSumsOfPredictors) {
  std::vector<Record> records = records_of(DetailMode::none, StatsMode::weights);
  records[3].sites[0].predictor.emplace();  // of b's first stage: there are no others
  const auto warnings =
      gather_warnings(records, kRows, StatsMode::weights, DetailMode::none, /*predicts=*/true);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warnings[0].starts_with("'predict' holds for what is still to run: 1 trial in "))
      << warnings[0];
}

TEST(GatherWarnings, CountTheTrialsThatRanWithLess) {
  const auto warnings = gather_warnings(records_of(DetailMode::none, StatsMode::none), kRows,
                                        StatsMode::weights, DetailMode::confidence);
  EXPECT_EQ(warnings,
            (std::vector<std::string>{
                "'detail: confidence' holds for what is still to run: 2 trials and 1 baseline in "
                "this folder ran without it, wholly or in part; with a new --out folder all is run "
                "with it",
                "'stats: weights' holds for what is still to run: 2 trials in this folder ran "
                "without it, wholly or in part; with a new --out folder all is run with it"}));
}

TEST(GatherWarnings, KnowPartsOfWhatIsAskedFor) {
  std::vector<Record> records = records_of(DetailMode::tokens, StatsMode::all);
  records[3] = record_of("b", DetailMode::confidence, StatsMode::weights);
  const auto warnings = gather_warnings(records, kRows, StatsMode::all, DetailMode::tokens);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].find("'detail: tokens' holds for what is still to run: 1 trial in"),
            std::string::npos);
  EXPECT_NE(warnings[1].find("'stats: all' holds for what is still to run: 1 trial in"),
            std::string::npos);
}

TEST(GatherWarnings, PassOverWhatFailed) {
  Record failed{.id = "a", .name = "a", .status = Status::failed};
  EXPECT_TRUE(gather_warnings({failed}, kRows, StatsMode::all, DetailMode::tokens).empty());
}

TEST(OtherRecords, AreCountedWithTheirTrials) {
  const std::vector<Record> records = records_of(DetailMode::none, StatsMode::none);
  EXPECT_EQ(other_records(records, kRows),
            "1 record of 1 trial that the experiment has no more, or has changed, stays in "
            "records.jsonl; the tables are without it");
  EXPECT_EQ(other_records(records, {kRows[0], kRows[1], kRows[2]}),
            "3 records of 2 trials that the experiment has no more, or has changed, stay in "
            "records.jsonl; the tables are without them");
  EXPECT_EQ(other_records({records[0], records[1]}, kRows), "");
}

TEST(OtherRecords, AreNotTheStepsOfASearch) {
  SearchKey search;
  search.add_step(0.1, "first");
  search.add_step(0.2, "second");
  const RowKey row{.id = "second", .name = "s", .search = search};
  EXPECT_EQ(other_records({{.id = "first", .name = "s"}, {.id = "second", .name = "s"}}, {row}),
            "");
}

}  // namespace
}  // namespace nf
