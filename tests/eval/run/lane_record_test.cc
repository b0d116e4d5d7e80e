#include "eval/run/lane_record.h"

#include <gtest/gtest.h>

#include "eval/metrics/detail.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

/// Window 0 of document 5, and a question.
ModelData data() {
  ModelData data;
  data.set.items.resize(2);
  data.set.items[0].bytes = 40;
  data.set.items[0].document = 5;
  data.set.windows = 1;
  data.questions.push_back(
      {.task = "piqa", .question = 3, .judge = [](const Question&, QuestionSums& sums) {
         sums.correct = true;
       }});
  return data;
}

const RowKey kKey = {.id = "a", .name = "noise", .model = "opt-nano"};
const PartSums kSums = {
    .tokens = 8, .nll = 20.0, .kl = 0.5, .kl_reverse = 0.25, .top1 = 6, .greedy = 3};

TEST(LaneRecord, HasTheSumsOfEachItem) {
  LaneResult result;
  result.items = {{kSums}, {kSums, kSums}};
  const Record record = lane_record(kKey, data(), Stage(0, 2), result);
  ASSERT_EQ(record.windows.size(), 1u);
  EXPECT_EQ(record.windows[0].bytes, 40);
  EXPECT_EQ(record.windows[0].document, 5);
  EXPECT_EQ(record.windows[0].sums.nll, 20.0);
  ASSERT_EQ(record.questions.size(), 1u);
  EXPECT_TRUE(record.questions[0].correct);
  EXPECT_EQ(record.questions[0].parts, (std::vector<PartSums>{kSums, kSums}));
}

TEST(LaneRecord, IsTheSameAfterItIsRead) {
  PartSums sums = kSums;
  sums.detail = std::make_shared<Detail>();
  LaneResult result;
  result.items = {{sums}};
  const Record record = lane_record(kKey, data(), Stage(0, 1), result);
  const Record back = record_from_line(record_to_line(record, builtin_metrics()), "f:1");
  EXPECT_EQ(record.windows[0].sums.greedy, 0);  // records have it of choices alone
  EXPECT_EQ(back.windows[0].sums, record.windows[0].sums);
  ASSERT_NE(back.windows[0].sums.detail, nullptr);
  EXPECT_EQ(*back.windows[0].sums.detail, *record.windows[0].sums.detail);
}

}  // namespace
}  // namespace nf
