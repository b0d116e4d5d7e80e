#include "eval/batch/measured_cut.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/counted.h"
#include "core/base/parallel.h"
#include "eval/records/trial_choice.h"

namespace nf {

std::vector<BatchShard> batch_shards(const ShardsPlan& plan) {
  std::vector<BatchShard> shards;
  for (const PlannedShard& shard : plan.shards)
    shards.push_back({.trials = shard.trials,
                      .seconds = shard.seconds,
                      .memory = static_cast<Index>(std::ceil(shard.peak_bytes))});
  return shards;
}

void cut_by_measured_rates(BatchFolder& batch, Experiment& experiment, const RunOptions& options,
                           Progress& progress) {
  // Whoever comes later finds the cut there, and need not measure.
  batch = BatchFolder::open(batch.dir());
  if (!batch.plan().is_guessed) return;
  RunOptions run = options;
  run.trials = TrialChoice(batch.plan().trials);
  const WorkRates rates = time_experiment(experiment, run);
  const ShardsPlan plan = plan_shards(experiment, run,
                                      {.count = batch.shard_count(),
                                       .by = batch.plan().shard.by,
                                       .rates = rates,
                                       .threads = thread_count()});
  batch.agree_on_cut(plan.shard, batch_shards(plan));
  progress.message(fmt::format("{} cut by measured rates: {:.1f} GFLOP/s in blocks",
                               counted(batch.shard_count(), "shard"),
                               1e-9 * batch.plan().shard.rates.block_flops));
}

}  // namespace nf
