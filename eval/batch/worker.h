#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "eval/batch/batch_folder.h"
#include "eval/output/progress.h"
#include "eval/run/run_options.h"

namespace nf {

/// The way in which a worker takes part in a batch.
struct WorkerOptions {
  /// Of each shard's run: memory, any_env, save_every, begin_work, should_stop, seconds_left,
  /// command. The rest follows from the shard.
  RunOptions run{};
  std::string name{};            ///< for people: job and task, or host and process
  std::optional<Index> first{};  ///< the shard (from 0) to begin with; the next behind it follow
  /// Stay while others work, and take what they leave when they die. Without it a worker ends where
  /// nothing is free, and waits only for one whose signs of life are overdue.
  bool waits = false;
};

/// The end of a worker.
struct WorkerOutcome {
  Index shards = 0;          ///< that it recorded to the end
  Index failed_rows = 0;     ///< of these
  bool was_stopped = false;  ///< by should_stop, or for want of time
  bool is_all_over = false;  ///< every shard is done or failed
  bool is_all_done = false;  ///< every shard is done
};

/// Notes the error of a worker that could not begin, such as that of an experiment whose model is
/// gone, at the shard that it would have taken: `first` (from 0) or, without one, the first free
/// one. It is claimed and counts as failed, as where its run had failed; nothing is noted where
/// others have it, where it is over, or where the folder cannot be written to.
void note_failed_start(const BatchFolder& batch, const std::string& name,
                       std::optional<Index> first, const Error& error);

/// Runs shards of a batch folder, one after the other, until none is free. Any number of workers
/// may do so at once. Throws what run_experiment() throws: the shard counts as failed then, and the
/// error is noted in the folder; so it is where this machine cannot compute as the experiment says.
/// Throws ConfigError where the numerics of this machine are not those of the first worker's,
/// unless run.any_env: no shard has failed then, for others can run it.
WorkerOutcome work_on(const BatchFolder& batch, Experiment& experiment,
                      const WorkerOptions& options, Progress& progress);

}  // namespace nf
