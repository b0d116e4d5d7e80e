#include "eval/plan/finished_items.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

/// Three windows and two questions.
ModelData data() {
  ModelData data;
  data.set.items.resize(5);
  data.set.windows = 3;
  for (const Index question : {0, 4}) {
    data.questions.emplace_back();
    data.questions.back().task = "piqa";
    data.questions.back().question = question;
  }
  return data;
}

Record record_of(const std::vector<Index>& windows) {
  Record record{.id = "a"};
  for (const Index window : windows)
    record.windows.push_back({.window = window, .sums = {.tokens = 10}});
  return record;
}

TEST(FinishedItems, KnowWindowsAndQuestions) {
  const ModelData all = data();
  FinishedItems finished(all);
  EXPECT_TRUE(finished.windows("a").empty());
  Record record = record_of({2, 0});
  record.questions.push_back({.task = "piqa", .question = 4, .parts = {}});
  record.questions.push_back({.task = "another", .question = 0, .parts = {}});
  finished.note(record);
  EXPECT_TRUE(finished.has("a", Stage(std::vector<Index>{0, 2, 4})));
  EXPECT_FALSE(finished.has("a", Stage(0, 3)));
  EXPECT_FALSE(finished.has("a", Stage(3, 4)));  // question 0 of piqa
  EXPECT_FALSE(finished.has("b", Stage(0, 1)));
  EXPECT_EQ(finished.windows("a").at(2).sums.tokens, 10);
  finished.note(record_of({1}));
  EXPECT_TRUE(finished.has("a", Stage(0, 3)));
  EXPECT_FALSE(finished.has_all("a"));
}

TEST(FinishedItems, CutAStageWhereSomeTrialHasMoreOrLess) {
  const ModelData all = data();
  FinishedItems finished(all, {record_of({0, 1})});
  EXPECT_EQ(finished.count("a", Stage(0, 5)), 2);
  EXPECT_EQ(finished.count("b", Stage(0, 5)), 0);
  const std::vector<Stage> parts = finished.uniform_parts(Stage(0, 5), {"a", "b"});
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].items, (std::vector<Index>{0, 1}));
  EXPECT_EQ(parts[1].items, (std::vector<Index>{2, 3, 4}));
  EXPECT_EQ(finished.uniform_parts(Stage(0, 5), {"b"}).size(), 1u);
  EXPECT_EQ(finished.uniform_parts(Stage(0, 2), {"a", "b"}).size(), 1u);
  // However the items lie: few parts.
  finished.note(record_of({2}));
  finished.note({.id = "c", .windows = record_of({0, 2}).windows});
  const std::vector<Stage> apart = finished.uniform_parts(Stage(0, 5), {"a", "c"});
  ASSERT_EQ(apart.size(), 3u);
  EXPECT_EQ(apart[0].items, (std::vector<Index>{0, 2}));
  EXPECT_EQ(apart[1].items, (std::vector<Index>{1}));
}

TEST(FinishedItems, HaveNothingLeftOfATrialThatFailed) {
  const ModelData all = data();
  FinishedItems finished(all);
  Record record{.id = "a"};
  record.status = Status::failed;
  finished.note(record);
  EXPECT_TRUE(finished.has_all("a"));
}

TEST(FinishedItems, HaveNoTextLeftOfATrialThatStopped) {
  const ModelData all = data();
  FinishedItems finished(all);
  Record record = record_of({0});
  record.stop = StopState{.reached = false};
  finished.note(record);
  EXPECT_FALSE(finished.has("a", Stage(0, 3)));
  record.stop->reached = true;
  finished.note(record);
  EXPECT_TRUE(finished.has("a", Stage(0, 3)));
  EXPECT_FALSE(finished.has_all("a"));  // questions are asked all the same
}

TEST(FinishedItems, HaveTextLeftOfAStoppedTrialThatLacksARecord) {
  const ModelData all = data();
  FinishedItems finished(all);
  Record record = record_of({0});
  record.stop = StopState{.reached = true, .tokens = 20};
  finished.note(record);
  EXPECT_FALSE(finished.has("a", Stage(1, 2)));
  finished.note(record_of({1}));
  EXPECT_TRUE(finished.has("a", Stage(0, 3)));
}

TEST(FinishedItems, KnowWhetherStatisticsOfWeightsAreThere) {
  const ModelData all = data();
  FinishedItems finished(all);
  Record record = record_of({0});
  record.sites = {{.site = "q.input", .windows = 1}};
  finished.note(record);
  EXPECT_FALSE(finished.has_weights("a"));
  record.sites.push_back({.site = "q.weight"});
  finished.note(record);
  EXPECT_TRUE(finished.has_weights("a"));
}

}  // namespace
}  // namespace nf
