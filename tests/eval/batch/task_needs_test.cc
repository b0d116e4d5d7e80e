#include "eval/batch/task_needs.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(TaskNeeds, AreEnoughForTheLargestShard) {
  constexpr Index kGiB = Index{1} << 30;
  const TaskNeeds needs = task_needs({{.seconds = 3600, .memory = 6 * kGiB}, {.seconds = 1800}}, 8);
  EXPECT_EQ(needs.threads, 8);
  EXPECT_EQ(needs.minutes, 2 * 60 + 15);
  EXPECT_EQ(needs.memory, 7 * kGiB + kGiB / 4);
  EXPECT_EQ(task_needs({{.seconds = 1, .memory = 1}}, 1).minutes, 20) << "a round number";
}

TEST(TaskNeeds, OfMergingGrowWithTheRecords) {
  constexpr Index kGiB = Index{1} << 30;
  EXPECT_EQ(merging_needs(0).memory, 2 * kGiB);
  EXPECT_EQ(merging_needs(0).minutes, 60);
  const TaskNeeds large = merging_needs(6e10);
  EXPECT_GT(static_cast<double>(large.memory), 1.4 * 6e10);
  EXPECT_EQ(large.minutes, 85) << "4,000 s and a quarter of an hour, in steps of five minutes";
}

TEST(TaskNeeds, TimeLimitsAreSlurms) {
  EXPECT_EQ(time_limit_text(5), "0:05:00");
  EXPECT_EQ(time_limit_text(24 * 60 - 5), "23:55:00");
  EXPECT_EQ(time_limit_text(25 * 60 + 5), "1-01:05:00");
}

TEST(TaskNeeds, StayWithinTheGivenMemory) {
  const Index gib = Index{1} << 30;
  EXPECT_EQ(task_needs({{.memory = 3 * gib}}, 1, 4 * gib).memory,
            task_needs({{.memory = 3 * gib}}, 1).memory);
  EXPECT_EQ(task_needs({{.memory = 7 * gib / 2}}, 1, 4 * gib).memory, 4 * gib);
  EXPECT_EQ(worker_memory(1000), 900);
}

}  // namespace
}  // namespace nf
