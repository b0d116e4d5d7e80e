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
  /// Rates of the machine that shall run them. Without any the parts are balanced by nominal rates,
  /// and their time is that of this machine, which is timed for a moment.
  std::optional<WorkRates> rates{};
  /// Threads of a shard, for its memory and time; by default those of the rates or of the timing.
  std::optional<Index> threads{};
};

/// One shard, as it is planned.
struct PlannedShard {
  Index trials = 0;      ///< rows of results that it has a part of; the baseline not counted
  Index items = 0;       ///< windows and questions, of all models
  double seconds = 0.0;  ///< planned
  double baseline = 0.0, prefix = 0.0, weights = 0.0;  ///< of them, what other shards do, too
  double peak_bytes = 0.0;  ///< the most memory that it takes, within the budget

  double record_bytes = 0.0;  ///< of its records, about

  double flops = 0.0, repeated_flops = 0.0;  ///< of blocks and heads

  double repeated() const { return baseline + prefix + weights; }
};

/// The cut of an experiment.
struct ShardsPlan {
  Shard shard;  ///< `count`, `by` and `rates`: with an index, what RunOptions::shard needs
  std::vector<PlannedShard> shards{};
  Index trials = 0, conditions = 0;
  double whole_seconds = 0.0;  ///< of one run of everything
  Index threads = 1;           ///< whose seconds these are
  bool is_timed = false;       ///< they are this machine's, which was timed; else of given rates
  std::vector<std::string> notes{};  ///< why it is not cut as was asked for

  /// All shards together, but for the memory: the most that one takes.
  PlannedShard all() const;
  double longest() const;
  /// The largest shard in the mean one, of those that have work.
  double unevenness() const;
  Json to_json() const;
  /// The plan for the terminal.
  std::string text() const;
};

/// Memory that a shard is planned within, where neither the options nor the experiment say.
inline constexpr double kShardMemory = 16.0 * 1024.0 * 1024.0 * 1024.0;

/// This machine's rates for the model with the most to do, timed on the experiment's own
/// distortions for about a second. options: `trials`, `hashes`. Throws ConfigError where the
/// machine cannot compute as the experiment says.
WorkRates time_experiment(Experiment& experiment, const RunOptions& options);

/// Cuts an experiment. Writes nothing. options: `trials`, `memory`, `hashes`. Throws ConfigError
/// where it cannot be cut so, and where this machine is to be timed and cannot compute as the
/// experiment says.
ShardsPlan plan_shards(Experiment& experiment, const RunOptions& options,
                       const ShardRequest& request);

}  // namespace nf
