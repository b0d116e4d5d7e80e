#include "eval/batch/squeue.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

const std::vector<SubmittedJob> kJobs = {{.id = "7", .offset = 0, .tasks = "1-3"},
                                         {.id = "8", .offset = 3, .tasks = "1-2"},
                                         {.id = "9", .is_merging = true}};

TEST(Squeue, TasksAreShards) {
  const auto tasks = parse_squeue(
      "7_2|RUNNING|None|n1\n"
      "8_1|PENDING|Resources|\n"
      "8_2|PENDING|BeginTime|\n"
      "9|PENDING|Dependency|\n"
      "70_1|RUNNING|None|n2\n",
      kJobs);
  ASSERT_EQ(tasks.size(), 4u) << "jobs of others are passed over";
  EXPECT_EQ(tasks[0].job, "7_2");
  EXPECT_EQ(tasks[0].shard, 2);
  EXPECT_FALSE(tasks[0].is_pending());
  EXPECT_EQ(tasks[0].node, "n1");
  EXPECT_EQ(tasks[0].reason, "");
  EXPECT_EQ(tasks[1].shard, 4);
  EXPECT_TRUE(tasks[1].is_pending());
  EXPECT_EQ(tasks[1].reason, "Resources");
  EXPECT_EQ(tasks[3].shard, 0) << "it merges";
}

TEST(Squeue, JobsWithoutTasksAreTheShardOfTheirOffset) {
  EXPECT_EQ(parse_squeue("5|RUNNING|None|n1", {{.id = "5", .offset = 12}}).at(0).shard, 12);
}

TEST(Squeue, ToleratesLinesThatAreNone) {
  EXPECT_TRUE(parse_squeue("\n|\nslurm is being upgraded\n7\n"
                           "CLUSTER: alpha\n",
                           {{.id = "8"}})
                  .empty());
}

}  // namespace
}  // namespace nf
