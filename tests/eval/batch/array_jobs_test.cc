#include "eval/batch/array_jobs.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(ArrayJobs, OneArrayWhereItIsLongEnough) {
  const auto jobs = array_jobs({1, 2, 3, 4}, 1000);
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0].offset, 0);
  EXPECT_EQ(jobs[0].tasks_text(), "1-4");
}

TEST(ArrayJobs, OffsetsBeyondTheLimit) {
  // MaxArraySize 4: tasks 1 to 3.
  const auto jobs = array_jobs({1, 2, 3, 4, 5, 6, 7}, 3);
  ASSERT_EQ(jobs.size(), 3u);
  EXPECT_EQ(jobs[1].offset, 3);
  EXPECT_EQ(jobs[1].tasks_text(), "1-3");
  EXPECT_EQ(jobs[2].offset, 6);
  EXPECT_EQ(jobs[2].tasks_text(), "1");
}

TEST(ArrayJobs, OfSomeShardsKeepTheirNumbers) {
  const auto jobs = array_jobs({2, 3, 6, 9, 10}, 4);
  ASSERT_EQ(jobs.size(), 3u);
  EXPECT_EQ(jobs[0].tasks_text(), "2-3");
  EXPECT_EQ(jobs[1].offset, 4);
  EXPECT_EQ(jobs[1].tasks_text(), "2");
  EXPECT_EQ(jobs[2].offset, 8);
  EXPECT_EQ(jobs[2].tasks_text(), "1-2");
}

TEST(ArrayJobs, JobsOfTheirOwnWhereThereAreNoArrays) {
  const auto jobs = array_jobs({4, 5}, 0);
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[1].offset, 5);
  EXPECT_EQ(jobs[1].tasks_text(), "");
}

TEST(ArrayJobs, RangesAreShort) {
  EXPECT_EQ(ranges_text({1, 2, 3, 5, 8, 9}), "1-3,5,8-9");
  EXPECT_EQ(ranges_text({}), "");
}

}  // namespace
}  // namespace nf
