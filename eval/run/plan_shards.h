#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/experiment/experiment.h"
#include "eval/plan/shard.h"
#include "eval/run/run_options.h"

namespace nf {

/// The shards that are asked for: so many, or as many as are needed for shards of that length. One
/// of the two is given.
struct ShardRequest {
  std::optional<Index> count{};
  std::optional<double> seconds{};
  ShardBy by = ShardBy::trials;
  /// Of the machine that shall run them. Without any the parts are balanced by nominal rates, and
  /// their time is that of this machine, which is timed for a moment.
  std::optional<WorkRates> rates{};
};

/// One shard, as it is planned.
struct PlannedShard {
  Index trials = 0;         ///< rows of results that it has a part of; the baseline not counted
  Index items = 0;          ///< windows and questions, of all models
  double seconds = 0.0;     ///< planned
  double repeated = 0.0;    ///< of them, on baselines, prefixes and weights that others have, too
  double peak_bytes = 0.0;  ///< the least memory in which it takes these seconds
};

/// The cut of an experiment.
struct ShardsPlan {
  Shard shard;  ///< `count`, `by` and `rates`: with an index, what RunOptions::shard needs
  std::vector<PlannedShard> shards;
  double whole_seconds = 0.0;                      ///< of one run of everything
  Index block_passes = 0, whole_block_passes = 0;  ///< of all shards together, and of one run
  std::vector<std::string> notes{};                ///< why it is not cut as was asked for
  bool is_timed = false;  ///< the seconds are this machine's or those of given rates

  Json to_json() const;
  /// For the terminal.
  std::string text() const;
};

/// Cuts an experiment. Writes nothing. options: `trials`, `memory`, `hashes`. Throws ConfigError
/// where it cannot be cut so.
ShardsPlan plan_shards(Experiment& experiment, const RunOptions& options,
                       const ShardRequest& request);

}  // namespace nf
