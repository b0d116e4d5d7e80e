#include "eval/batch/worker.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/config/yaml_writer.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/batch/merge_batch.h"
#include "eval/batch/shard_claim.h"
#include "eval/batch/worker_process.h"
#include "eval/records/file_names.h"
#include "eval/records/model_bench.h"
#include "eval/records/run_folder.h"
#include "eval/run/run_experiment.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExperiment = R"(experiment: e
model: llama
data: {text: text.txt, context: 32, windows: 4}
trials:
  - {name: w, sweep: {b: [3, 4, 6]}, quantize: [{sites: {tensor: weight}, grid: uniform, bits: "${b}", granularity: channel}]}
  - {name: noise, repeat: 2, perturb: [{sites: {tensor: input}, noise: gaussian, strength: {relative_l2: 0.1}}]}
  - {name: half, bisect: {range: [0.01, 1], target: {kl: 0.05}, max_steps: 3}, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "${bisect}"}}]}
)";

class IntegrationWorkers : public testing::Test {
 protected:
  IntegrationWorkers() { files_.write("e.yaml", kExperiment); }

  Experiment load() const {
    return Experiment::load((files_ / "e.yaml").string(), {}, Kinds::builtin());
  }
  BatchFolder make(Index shards, double lease = 60.0) const {
    const Experiment experiment = load();
    return BatchFolder::create(files_ / "batch",
                               {.source = experiment.source,
                                .resolved = to_yaml(experiment.resolved()),
                                .shard = {.count = shards},
                                .shards = std::vector<BatchShard>(static_cast<std::size_t>(shards)),
                                .lease = lease});
  }
  WorkerOutcome work(const BatchFolder& batch, WorkerOptions options = {}) const {
    Experiment experiment = Experiment::load(batch.plan().source, Kinds::builtin());
    Progress quiet(stderr, Progress::Style::quiet);
    return work_on(batch, experiment, options, quiet);
  }
  /// Asks to stop once so many records are there.
  static std::function<bool()> stop_after(const BatchFolder& batch, std::size_t records) {
    return [&batch, records] {
      std::size_t count = 0;
      for (const fs::path& folder : batch.attempt_folders())
        if (fs::exists(folder / kRecords)) {
          const std::string text = read_text_file(folder / kRecords);
          count += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        }
      return count >= records;
    };
  }
  /// What one process leaves.
  void run_straight() const {
    if (fs::exists(files_ / "straight")) return;
    Experiment experiment = load();
    Progress quiet(stderr, Progress::Style::quiet);
    run_experiment(experiment, {.out = files_ / "straight"}, quiet);
  }
  void expect_merged_as_straight(const BatchFolder& batch) const {
    run_straight();
    const MergeOutcome merged = merge_batch(batch, false, builtin_metrics(), "");
    EXPECT_TRUE(merged.missing.empty());
    for (const char* name : kResultFiles) {
      ASSERT_EQ(fs::exists(batch.merged_dir() / name), fs::exists(files_ / "straight" / name))
          << name;
      if (!fs::exists(files_ / "straight" / name)) continue;
      EXPECT_EQ(read_text_file(batch.merged_dir() / name),
                read_text_file(files_ / "straight" / name))
          << name;
    }
    EXPECT_EQ(recorded_parts(batch.merged_dir()), recorded_parts(files_ / "straight"));
  }

  Threads threads_{1};
  ExperimentFiles files_;
};

TEST_F(IntegrationWorkers, LeaveWhatOneRunLeaves) {
  const BatchFolder batch = make(3);
  const WorkerOutcome outcome = work(batch, {.name = "one"});
  EXPECT_EQ(outcome.shards, 3);
  EXPECT_TRUE(outcome.is_all_done);
  for (const ShardState& state : batch.shards()) {
    EXPECT_EQ(state.stage, ShardStage::done);
    EXPECT_EQ(state.attempts, 1);
    EXPECT_EQ(state.end.worker, "one");
    EXPECT_GT(state.end.rows, 0);
  }
  expect_merged_as_straight(batch);
  EXPECT_EQ(work(batch).shards, 0);  // nothing is left
  // Again, over the merged folder of before, whose times stay.
  keep_bench(
      batch.merged_dir(),
      {{"model_hash", "abc"},
       {"cpu", "a CPU"},
       {"gemm", "oneDNN"},
       {"isa", "avx2"},
       {"threads", 2},
       {"context", 16},
       {"sizes",
        {{"linears", 1}, {"inputs", 1}, {"values", 64.0}, {"rows", 8.0}, {"head_values", 10.0}}},
       {"forms", Json::array()}});
  const std::string bench = read_text_file(batch.merged_dir() / kBench);
  expect_merged_as_straight(BatchFolder::open(batch.dir()));
  EXPECT_EQ(read_text_file(batch.merged_dir() / kBench), bench);
  EXPECT_EQ(RunFolder::read(batch.dir()).dir, batch.merged_dir());
}

TEST_F(IntegrationWorkers, GoOnWhereOthersStopped) {
  const BatchFolder batch = make(2);
  WorkerOptions stopping{.name = "a"};
  stopping.run.save_every = 1e-9;
  for (const std::size_t records : {1u, 3u, 6u, 9u}) {
    stopping.run.should_stop = stop_after(batch, records);
    EXPECT_TRUE(work(batch, stopping).was_stopped) << records;
  }
  EXPECT_EQ(batch.shards()[0].stage, ShardStage::waiting);
  EXPECT_TRUE(work(batch, {.name = "b"}).is_all_done);
  EXPECT_GE(batch.attempt_folders().size(), 3u);
  // No attempt has done again what an earlier one recorded.
  std::multiset<std::pair<std::string, Index>> windows;
  for (const fs::path& folder : batch.attempt_folders())
    for (const Record& record : RunFolder::read(folder).records)
      if (record.name != "baseline")
        for (const WindowSums& window : record.windows) windows.insert({record.id, window.window});
  const std::set<std::pair<std::string, Index>> distinct(windows.begin(), windows.end());
  EXPECT_EQ(windows.size(), distinct.size());
  expect_merged_as_straight(batch);
}

TEST_F(IntegrationWorkers, ThatBelieveInOneLeaseDoubleNothing) {
  const BatchFolder batch = make(2);
  // The second finds no claim of the first, which holds the shard and has recorded half of it.
  WorkerOptions first{.name = "a"};
  first.run.save_every = 1e-9;
  bool is_second = false;
  first.run.should_stop = [&, half = stop_after(batch, 3)] {
    if (!is_second && half()) {
      is_second = true;
      fs::remove(claim_file(batch.claims_dir(), "1", 1));
      EXPECT_TRUE(work(batch, {.name = "b"}).is_all_done);
    }
    return false;
  };
  work(batch, first);
  EXPECT_TRUE(is_second);
  EXPECT_TRUE(fs::exists(batch.dir() / "workers/1.1"));
  EXPECT_TRUE(fs::exists(batch.dir() / "workers/1.1-2"));
  expect_merged_as_straight(batch);
}

TEST_F(IntegrationWorkers, TakeWhatTheDeadHeld) {
  const BatchFolder batch = make(2, /*lease=*/0.5);
  // Claims of processes that live no more: one of another machine, one of this task before.
  ShardClaim::take(batch.claims_dir(), "1", 1, 0.5, R"({"worker": "other", "process": 1})");
  ShardClaim::take(batch.claims_dir(), "2", 1, 0.5, R"({"worker": "7_2"})");
  EXPECT_EQ(batch.shards()[0].worker, "other");
  const WorkerOutcome outcome = work(batch, {.name = "7_2", .waits = true});
  EXPECT_TRUE(outcome.is_all_done);
  EXPECT_EQ(batch.shards()[0].attempts, 2);
  expect_merged_as_straight(batch);
}

TEST_F(IntegrationWorkers, LeaveTheLivingAlone) {
  const BatchFolder batch = make(2);
  const auto held = ShardClaim::take(batch.claims_dir(), "1", 1, 60.0, R"({"worker": "other"})");
  const WorkerOutcome outcome = work(batch, {.name = "me"});
  EXPECT_EQ(outcome.shards, 1);
  EXPECT_FALSE(outcome.is_all_over);
  EXPECT_EQ(batch.shards()[0].stage, ShardStage::running);
  EXPECT_EQ(batch.shards()[1].stage, ShardStage::done);
}

/// Several workers of one Slurm job may have one name.
TEST_F(IntegrationWorkers, LeaveTheLivingOfTheirOwnNameAlone) {
  const BatchFolder batch = make(2);
  const auto held = ShardClaim::take(batch.claims_dir(), "1", 1, 60.0, R"({"worker": "7_2 0"})");
  EXPECT_EQ(work(batch, {.name = "7_2 0"}).shards, 1);
  EXPECT_EQ(batch.shards()[0].attempts, 1);
}

TEST_F(IntegrationWorkers, NameTheirProcessInTheClaim) {
  const BatchFolder batch = make(1);
  WorkerOptions options{.name = "me"};
  options.run.should_stop = [&] {
    EXPECT_NE(batch.shards()[0].lives, false);
    return false;
  };
  work(batch, options);
  const Json claim = read_json(claim_file(batch.claims_dir(), "1", 1));
  EXPECT_EQ(process_lives(claim), true);
}

/// A file system without hard links shows the file empty until its writer has written it.
TEST_F(IntegrationWorkers, TakeEnvFromTheNextWhereTheFirstLeftItEmpty) {
  const BatchFolder batch = make(1);
  std::ofstream(batch.dir() / kBatchEnv).close();
  EXPECT_TRUE(work(batch).is_all_done);
  EXPECT_TRUE(read_json(batch.dir() / kBatchEnv).is_object());
}

TEST_F(IntegrationWorkers, TakeEnvFromTheNextWhereTheFirstLeftHalf) {
  const BatchFolder batch = make(1);
  std::ofstream(batch.dir() / kBatchEnv) << "{\n \"isa\": ";
  EXPECT_TRUE(work(batch).is_all_done);
  EXPECT_TRUE(read_json(batch.dir() / kBatchEnv).is_object());
}

/// Its folder may be on a file system that is mounted for reading alone by then.
TEST_F(IntegrationWorkers, WriteNothingWhereAllIsDone) {
  const BatchFolder batch = make(1);
  EXPECT_TRUE(work(batch).is_all_done);
  fs::remove(batch.dir() / kBatchEnv);
  std::set<std::string> before, after;
  for (const auto& entry : fs::recursive_directory_iterator(batch.dir()))
    before.insert(entry.path().string());
  const WorkerOutcome outcome = work(batch);
  EXPECT_TRUE(outcome.is_all_done);
  EXPECT_EQ(outcome.shards, 0);
  for (const auto& entry : fs::recursive_directory_iterator(batch.dir()))
    after.insert(entry.path().string());
  EXPECT_EQ(before, after);
}

TEST_F(IntegrationWorkers, WaitForAMergeUntilItsProcessIsDead) {
  const BatchFolder batch = make(1, /*lease=*/1.0);
  EXPECT_FALSE(is_being_merged(batch));
  await_merge(batch, [] { return false; });  // nobody does
  auto held = ShardClaim::take(batch.claims_dir(), "merge", 1, 1.0, "{}\n");
  EXPECT_TRUE(is_being_merged(batch));
  int asked = 0;
  await_merge(batch, [&asked] { return ++asked > 2; });
  EXPECT_EQ(asked, 3);
  held = nullptr;  // as where it was killed
  await_merge(batch, [] { return false; });
  EXPECT_FALSE(is_being_merged(batch));
}

TEST_F(IntegrationWorkers, BeginWithTheShardThatTheyAreGiven) {
  const BatchFolder batch = make(3);
  std::vector<Index> done;
  WorkerOptions options{.first = 1};
  options.run.should_stop = [&] {
    for (const ShardState& state : batch.shards())
      if (state.stage == ShardStage::done) return true;
    return false;
  };
  work(batch, options);
  EXPECT_EQ(batch.shards()[1].stage, ShardStage::done);
  EXPECT_EQ(batch.shards()[0].attempts, 0);
}

TEST_F(IntegrationWorkers, NoteWhyAShardFailed) {
  const BatchFolder batch = make(2);
  fs::create_directory(batch.dir() / "workers/1.1");
  std::ofstream(batch.dir() / "workers/1.1/manifest.json") << "damaged";
  WorkerOptions options{.name = "me"};
  options.run.memory = 1;
  EXPECT_THROW(work(batch, options), ConfigError);
  const ShardState failed = batch.shards()[0];
  EXPECT_EQ(failed.stage, ShardStage::failed);
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_NE(failed.error.find("at least"), std::string::npos) << failed.error;
  EXPECT_EQ(work(batch).shards, 1);  // the other one
  batch.forget_failure(0);
  EXPECT_EQ(batch.shards()[0].stage, ShardStage::waiting);
  EXPECT_TRUE(work(batch).is_all_done);
}

TEST_F(IntegrationWorkers, NoteErrorsThatNameFilesOfAnyBytes) {
  const BatchFolder batch = make(2);
  batch.note_failed(1, "me", 3, "a\xff.txt: cannot open");
  EXPECT_EQ(batch.shards()[1].error, "a\\xff.txt: cannot open");
}

TEST_F(IntegrationWorkers, OfOtherNumericsAreRefused) {
  const BatchFolder batch = make(2);
  std::ofstream(batch.dir() / kBatchEnv) << "{\n \"isa\": \"none\",\n \"gemm\": \"other\"\n}\n";
  EXPECT_THROW(work(batch), ConfigError);
  EXPECT_EQ(batch.shards()[0].attempts, 0);
}

TEST_F(IntegrationWorkers, FolderIsRefusedAsARunFolderUntilItIsMerged) {
  const BatchFolder batch = make(2);
  EXPECT_THROW(RunFolder::read(batch.dir()), ConfigError);
  EXPECT_THROW(RunFolder::open(batch.dir(), {}, Json::object()), ConfigError);
  EXPECT_THROW(BatchFolder::create(batch.dir(), batch.plan()), ConfigError);
  EXPECT_THROW(merge_batch(batch, false, builtin_metrics(), ""), ConfigError);
}

}  // namespace
}  // namespace nf
