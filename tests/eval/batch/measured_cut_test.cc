#include "eval/batch/measured_cut.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "core/base/error.h"
#include "core/config/yaml_writer.h"
#include "core/io/read_file.h"
#include "eval/batch/merge_batch.h"
#include "eval/batch/worker.h"
#include "eval/records/file_names.h"
#include "eval/records/run_folder.h"
#include "eval/run/run_experiment.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Trials of weights and of inputs: which of them is dearer depends on the rates.
constexpr const char* kExperiment = R"(experiment: e
model: llama
data: {text: text.txt, context: 32, windows: 4}
trials:
  - {name: w, sweep: {b: [2, 3, 4, 5, 6, 8]}, quantize: [{sites: {tensor: weight}, grid: uniform, bits: "${b}", granularity: channel}]}
  - {name: noise, sweep: {s: [10, 12, 14, 16, 18, 20]}, perturb: [{sites: {tensor: input, layers: last}, noise: gaussian, strength: {snr_db: "${s}"}}]}
)";

constexpr Index kShards = 3;

class IntegrationMeasuredCuts : public testing::Test {
 protected:
  IntegrationMeasuredCuts() { files_.write("e.yaml", kExperiment); }

  Experiment load() const {
    return Experiment::load((files_ / "e.yaml").string(), {}, Kinds::builtin());
  }
  /// A batch whose rates nobody has given.
  BatchFolder make() const {
    const Experiment experiment = load();
    return BatchFolder::create(files_ / "batch", {.source = experiment.source,
                                                  .resolved = to_yaml(experiment.resolved()),
                                                  .shard = {.count = kShards},
                                                  .shards = std::vector<BatchShard>(kShards),
                                                  .is_guessed = true});
  }
  /// A machine on which looking at distorted weights is all that costs.
  static Shard slow_at_measuring() {
    return {.count = kShards,
            .rates = {.block_flops = 1e15,
                      .head_flops = 1e15,
                      .packing = 1e-15,
                      .distorting = 1e-15,
                      .measuring = 1.0,
                      .reading = 1e15}};
  }
  WorkerOutcome work(const BatchFolder& batch, Index most_shards = kShards) const {
    Experiment experiment = Experiment::load(batch.plan().source, Kinds::builtin());
    Progress quiet(stderr, Progress::Style::quiet);
    WorkerOptions options;
    options.run.should_stop = [&] {
      Index done = 0;
      for (const ShardState& state : batch.shards()) done += state.stage == ShardStage::done;
      return done >= most_shards;
    };
    return work_on(batch, experiment, options, quiet);
  }
  /// What the manifest of an attempt says of the cut.
  static Json cut_of(const fs::path& folder) {
    return RunFolder::read(folder).manifest.about.at("cut");
  }
  /// The same of a run by itself.
  Json cut_by(const Shard& shard) const {
    Experiment experiment = load();
    Progress quiet(stderr, Progress::Style::quiet);
    const fs::path out = files_ / "alone";
    fs::remove_all(out);
    run_experiment(experiment, {.out = out, .shard = shard}, quiet);
    return cut_of(out);
  }

  Threads threads_{1};
  ExperimentFiles files_;
};

TEST_F(IntegrationMeasuredCuts, AreMadeOnceAndLeaveWhatOneRunLeaves) {
  const BatchFolder batch = make();
  EXPECT_TRUE(batch.plan().is_guessed);
  work(batch, 1);
  const BatchFolder agreed = BatchFolder::open(batch.dir());
  EXPECT_FALSE(agreed.plan().is_guessed);
  EXPECT_NE(agreed.plan().shard.rates, WorkRates{});
  for (const BatchShard& shard : agreed.plan().shards) EXPECT_GT(shard.seconds, 0.0);
  const std::string text = read_text_file(batch.dir() / kBatchCut);
  // The next ones take that cut, the one that saw the folder before and the one that did after.
  EXPECT_FALSE(work(batch, 2).is_all_done);
  EXPECT_EQ(batch.attempt_folders().size(), 2u);
  EXPECT_TRUE(work(agreed).is_all_done);
  EXPECT_EQ(read_text_file(batch.dir() / kBatchCut), text);
  EXPECT_EQ(batch.attempt_folders().size(), static_cast<std::size_t>(kShards));
  for (const fs::path& folder : batch.attempt_folders())
    EXPECT_EQ(cut_of(folder), cut_by(agreed.plan().shard)) << folder;

  const MergeOutcome merged = merge_batch(batch, false, builtin_metrics(), "");
  EXPECT_TRUE(merged.missing.empty());
  Experiment experiment = load();
  Progress quiet(stderr, Progress::Style::quiet);
  run_experiment(experiment, {.out = files_ / "straight"}, quiet);
  EXPECT_EQ(read_text_file(batch.merged_dir() / "results.csv"),
            read_text_file(files_ / "straight/results.csv"));
}

TEST_F(IntegrationMeasuredCuts, OfAnotherWorkerCount) {
  const BatchFolder batch = make();
  BatchFolder other = BatchFolder::open(batch.dir());
  other.agree_on_cut(slow_at_measuring(), std::vector<BatchShard>(kShards, {.trials = 7}));
  ASSERT_NE(cut_by(slow_at_measuring()), cut_by({.count = kShards}));
  EXPECT_TRUE(batch.plan().is_guessed);  // it was opened before
  EXPECT_TRUE(work(batch).is_all_done);
  for (const fs::path& folder : batch.attempt_folders())
    EXPECT_EQ(cut_of(folder), cut_by(slow_at_measuring())) << folder;
}

TEST_F(IntegrationMeasuredCuts, ComeFromTheFirstOfTwoThatAgree) {
  BatchFolder first = make(), second = first;
  first.agree_on_cut(slow_at_measuring(), std::vector<BatchShard>(kShards, {.trials = 7}));
  second.agree_on_cut({.count = kShards}, std::vector<BatchShard>(kShards, {.trials = 8}));
  EXPECT_EQ(second.plan().shard.rates, slow_at_measuring().rates);
  EXPECT_EQ(second.plan().shards.front().trials, 7);
  EXPECT_FALSE(second.plan().is_guessed);
}

/// Nobody works by a cut of his own where that of all cannot be read.
TEST_F(IntegrationMeasuredCuts, ThatAreDamagedStopAll) {
  const BatchFolder batch = make();
  BatchFolder(batch).agree_on_cut(slow_at_measuring(), std::vector<BatchShard>(kShards));
  const fs::path file = batch.dir() / kBatchCut;
  const std::string whole = read_text_file(file);
  const std::string fewer = R"({"cut": {"by": "trials", "rates": {}}, "shards": [
    {"shard": 1, "trials": 1, "seconds": 1.0, "memory": 1}]
}
)";
  for (const std::string& text :
       {std::string(), whole.substr(0, whole.size() / 2), fewer,
        std::string("{\n \"cut\": {\"by\": \"trials\"}, \"shards\": []\n}\n")}) {
    std::ofstream(file, std::ios::trunc) << text;
    for (Index shard = 0; shard < kShards; ++shard) batch.forget_failure(shard);
    try {
      work(batch);
      FAIL() << "was taken for a cut: " << text;
    } catch (const DataError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.find(file.string() + ": "), 0u) << message;
      EXPECT_NE(message.find("remove it once no worker runs"), std::string::npos) << message;
    }
  }
  EXPECT_TRUE(batch.attempt_folders().empty());
  fs::remove(file);
  for (Index shard = 0; shard < kShards; ++shard) batch.forget_failure(shard);
  EXPECT_TRUE(work(batch).is_all_done);
}

/// Without hard links a file is half for a while.
TEST_F(IntegrationMeasuredCuts, AreAwaitedWhileTheyAreWritten) {
  const BatchFolder batch = make();
  BatchFolder(batch).agree_on_cut(slow_at_measuring(), std::vector<BatchShard>(kShards));
  const std::string whole = read_text_file(batch.dir() / kBatchCut);
  const std::size_t half = whole.rfind("}\n", whole.size() - 3) + 2;  // behind an inner end
  ASSERT_LT(half, whole.size() - 2);
  std::ofstream file(batch.dir() / kBatchCut, std::ios::trunc);
  file << whole.substr(0, half) << std::flush;
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    file << whole.substr(half) << std::flush;
  });
  const BatchFolder opened = BatchFolder::open(batch.dir());
  writer.join();
  EXPECT_EQ(opened.plan().shard.rates, slow_at_measuring().rates);
  EXPECT_FALSE(opened.plan().is_guessed);
}

TEST_F(IntegrationMeasuredCuts, AreNotMadeWhereRatesWereGiven) {
  const Experiment experiment = load();
  const BatchFolder batch =
      BatchFolder::create(files_ / "given", {.source = experiment.source,
                                             .resolved = to_yaml(experiment.resolved()),
                                             .shard = {.count = 1},
                                             .shards = std::vector<BatchShard>(1)});
  EXPECT_TRUE(work(batch).is_all_done);
  EXPECT_FALSE(fs::exists(batch.dir() / kBatchCut));
}

}  // namespace
}  // namespace nf
