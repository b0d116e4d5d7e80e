#include "eval/records/record_sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace nf {
namespace {

/// 20 trials over 10 stages of 2 windows, trial by trial in each stage.
std::vector<Record> sweep() {
  std::vector<Record> records;
  for (Index stage = 0; stage < 10; ++stage) {
    for (int trial = 0; trial < 20; ++trial) {
      records.push_back({.id = "trial" + std::to_string(trial)});
      records.back().windows = {{.window = 2 * stage}, {.window = 2 * stage + 1}};
    }
  }
  return records;
}

std::set<std::pair<std::string, Index>> chosen(const std::vector<Record>& records, Index count) {
  std::set<std::pair<std::string, Index>> result;
  for (const std::size_t i : sample_records(records, count))
    result.emplace(records[i].id, records[i].windows.front().window);
  return result;
}

TEST(RecordSample, IsEverythingUnlessACountIsGiven) {
  const std::vector<std::size_t> all = sample_records(sweep());
  EXPECT_EQ(all.size(), 200u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(sample_records(sweep(), 1000), all);
  EXPECT_TRUE(sample_records(sweep(), 0).empty());
  EXPECT_TRUE(sample_records({}, 3).empty());
}

TEST(RecordSample, DoesNotDependOnTheOrderOfTheRecords) {
  std::vector<Record> records = sweep();
  const auto before = chosen(records, 30);
  EXPECT_EQ(before.size(), 30u);
  std::reverse(records.begin(), records.end());
  EXPECT_EQ(chosen(records, 30), before);
}

TEST(RecordSample, OfFewIsAPartOfThatOfMany) {
  const std::vector<Record> records = sweep();
  const auto few = chosen(records, 10), many = chosen(records, 50);
  EXPECT_TRUE(std::includes(many.begin(), many.end(), few.begin(), few.end()));
}

TEST(RecordSample, GoesOverTrialsAndStages) {
  std::set<std::string> trials;
  std::set<Index> stages;
  for (const auto& [id, window] : chosen(sweep(), 60)) {
    trials.insert(id);
    stages.insert(window);
  }
  // 60 of 200 at random leave out a trial with 0.7^10 = 3 %, a stage with 0.7^20; the sample is
  // always the same.
  EXPECT_GE(trials.size(), 17u);
  EXPECT_EQ(stages.size(), 10u);
}

}  // namespace
}  // namespace nf
