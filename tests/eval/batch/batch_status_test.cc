#include "eval/batch/batch_status.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

BatchStatus status_of(std::vector<ShardState> states) {
  BatchStatus status{.dir = "runs/x", .states = std::move(states)};
  for (std::size_t i = 0; i < status.states.size(); ++i) {
    status.states[i].shard = static_cast<Index>(i);
    status.planned.push_back({.trials = 10, .seconds = 100});
  }
  status.stand();
  return status;
}

ShardState done(double seconds, Index failed_rows = 0) {
  return {.stage = ShardStage::done,
          .attempts = 1,
          .end = {.worker = "7_1", .rows = 10, .failed_rows = failed_rows, .seconds = seconds}};
}

ShardState running(const std::string& worker, double share, double age = 60) {
  return {
      .stage = ShardStage::running, .attempts = 1, .worker = worker, .age = age, .share = share};
}

TEST(BatchStatus, CountsShardsAndRows) {
  const BatchStatus status =
      status_of({done(100), running("7_2", 0.5), {.attempts = 1, .worker = "7_3"}, {}});
  EXPECT_EQ(status.count(ShardStanding::done), 1);
  EXPECT_EQ(status.count(ShardStanding::waiting), 1);
  EXPECT_EQ(status.count(ShardStanding::never_started), 1);
  EXPECT_DOUBLE_EQ(status.rows_done(), 15);
  EXPECT_EQ(status.rows(), 40);
  EXPECT_EQ(status.exit_code(), ExitCode::work_left);
  EXPECT_EQ(status.missing(), (std::vector<Index>{3, 4}));
}

TEST(BatchStatus, TheTimeLeftFollowsTheFinishedShards) {
  // Twice as slow as planned; a half, and two whole shards are left, for two workers.
  const BatchStatus status = status_of({done(200), running("a:1", 0.5), running("a:2", 0.0), {}});
  EXPECT_DOUBLE_EQ(status.seconds_left(), 2 * (50 + 100 + 100) / 2.0);
}

TEST(BatchStatus, ExitCodesSayHowItStands) {
  BatchStatus whole = status_of({done(1), done(1)});
  EXPECT_EQ(whole.exit_code(), ExitCode::work_left) << "the records are not joined";
  EXPECT_FALSE(whole.is_over());
  whole.is_merged = true;
  EXPECT_EQ(whole.exit_code(), ExitCode::ok);
  EXPECT_TRUE(whole.is_over());
  EXPECT_EQ(status_of({done(1, 2), {}}).exit_code(), ExitCode::numeric);
  const BatchStatus failed = status_of(
      {{.stage = ShardStage::failed, .attempts = 1, .exit_code = 3, .error = "m: truncated"}, {}});
  EXPECT_EQ(failed.exit_code(), ExitCode::numeric);
  EXPECT_NE(failed.text().find("shard 1 failed: exit code 3: m: truncated"), std::string::npos)
      << failed.text();
  EXPECT_EQ(failed.missing(), (std::vector<Index>{1, 2})) << "one that failed may be run again";
}

TEST(BatchStatus, ATaskThatTheQueueNoLongerHasIsDead) {
  BatchStatus status = status_of({running("7_1 0", 0.1), running("7_2 0", 0.1),
                                  running("node:5", 0.1), running("7_3 0", 0.1, /*age=*/2)});
  status.launch = LaunchFile{.jobs = {{.id = "7", .tasks = "1-3"}}};
  status.queue = {{.job = "7_1", .state = "RUNNING", .shard = 1},
                  {.job = "7_2", .state = "PENDING", .shard = 2}};
  status.stand();
  EXPECT_EQ(status.standings,
            (std::vector<ShardStanding>{ShardStanding::running, ShardStanding::waiting,
                                        ShardStanding::running, ShardStanding::running}));
  EXPECT_EQ(status.missing(), std::vector<Index>{}) << "the second begins its queued task";
  status.queue->pop_back();
  status.stand();
  EXPECT_EQ(status.missing(), (std::vector<Index>{2}));
}

TEST(BatchStatus, ABatchThatNobodyBeganSaysHowToBegin) {
  BatchStatus status = status_of({{}, {}});
  status.launch = LaunchFile{.launcher = Launcher::shell};
  EXPECT_NE(status.text().find("nobody has begun: runs/x/shards.sh runs"), std::string::npos)
      << status.text();
  EXPECT_EQ(status.text().find("resubmit"), std::string::npos) << status.text();
  status.launch->launcher = Launcher::parallel;
  EXPECT_NE(status.text().find("nobody has begun: runs/x/parallel.sh runs the commands of "
                               "runs/x/shards.txt"),
            std::string::npos)
      << status.text();
  // A dry run of Slurm's, and what somebody has begun, are submitted anew.
  status.launch->launcher = Launcher::slurm;
  EXPECT_NE(status.text().find("noisefloor resubmit runs/x"), std::string::npos) << status.text();
  status = status_of({{.attempts = 1, .worker = "a:1"}, {}});
  status.launch = LaunchFile{.launcher = Launcher::shell};
  EXPECT_NE(status.text().find("noisefloor resubmit runs/x"), std::string::npos) << status.text();
}

TEST(BatchStatus, TasksThatNeverStartSayWhy) {
  BatchStatus status = status_of({{}, {}});
  status.launch = LaunchFile{.jobs = {{.id = "7", .tasks = "1-2"}}};
  status.queue = {{.job = "7_1", .state = "PENDING", .reason = "Priority", .shard = 1}};
  EXPECT_EQ(status.text().find("--time=LIMIT"), std::string::npos) << status.text();
  status.queue->front().reason = "PartitionTimeLimit";
  EXPECT_NE(status.text().find("`noisefloor resubmit runs/x -- --time=LIMIT`"), std::string::npos)
      << status.text();
}

TEST(BatchStatus, IsAbandonedWhereNobodyComesByHimself) {
  BatchStatus status = status_of({done(1), {.attempts = 1, .worker = "a:1"}});
  EXPECT_TRUE(status.is_abandoned()) << "workers of a list were here";
  status.launch = LaunchFile{.jobs = {{.id = "7", .tasks = "1-2"}}};
  EXPECT_FALSE(status.is_abandoned()) << "the queue does not answer";
  status.queue.emplace();
  EXPECT_TRUE(status.is_abandoned());
  status = status_of({{}, {}});
  EXPECT_FALSE(status.is_abandoned()) << "the list is not started yet";
  status.is_stopped = true;
  EXPECT_TRUE(status.is_abandoned());
  status = status_of({running("a:1", 0.5)});
  EXPECT_FALSE(status.is_abandoned());
}

TEST(BatchStatus, SaysWhatToDoNext) {
  BatchStatus status = status_of({done(1), {}});
  EXPECT_NE(status.text().find("nobody works on shard 2: `noisefloor resubmit runs/x`"),
            std::string::npos)
      << status.text();
  status = status_of({done(1)});
  EXPECT_NE(status.text().find("`noisefloor merge runs/x`"), std::string::npos);
  EXPECT_TRUE(status.is_idle());
  status.is_being_merged = true;
  EXPECT_FALSE(status.is_idle());
  EXPECT_EQ(status.text().find("noisefloor merge"), std::string::npos) << status.text();
  status.is_merged = true;
  EXPECT_NE(status.text().find("merged in runs/x/merged"), std::string::npos);
}

}  // namespace
}  // namespace nf
