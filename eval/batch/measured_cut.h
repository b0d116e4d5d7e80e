#pragma once

#include <vector>

#include "eval/batch/batch_folder.h"
#include "eval/experiment/experiment.h"
#include "eval/output/progress.h"
#include "eval/run/plan_shards.h"

namespace nf {

/// The shards of a plan as a batch folder notes them.
std::vector<BatchShard> batch_shards(const ShardsPlan& plan);

/// Cuts a batch anew whose rates are guessed: by those of this machine, which is timed on the
/// experiment for about a second, or by those of a worker that was faster, which count for all. No
/// shard may be run by the guessed cut. options: of a shard's run. Throws what plan_shards() and
/// BatchFolder::agree_on_cut() throw.
void cut_by_measured_rates(BatchFolder& batch, Experiment& experiment, const RunOptions& options,
                           Progress& progress);

}  // namespace nf
