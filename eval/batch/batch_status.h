#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "eval/batch/batch_folder.h"
#include "eval/batch/launch_file.h"
#include "eval/batch/squeue.h"

namespace nf {

/// How a shard stands, for people: the stage that files show, and what the queue knows beside.
enum class ShardStanding {
  never_started,  ///< no worker has begun it
  waiting,        ///< begun and given back, or its worker is dead: free for the next
  running,
  done,
  failed,  ///< an error, or all was run and the arithmetic of some trials failed
};
/// "never started", "waiting", "running", "done", "failed".
const char* standing_name(ShardStanding standing);

/// How a batch stands, from its records and claims alone, and from Slurm's queue where it answers.
struct BatchStatus {
  std::filesystem::path dir;
  std::vector<BatchShard> planned{};
  std::vector<ShardState> states{};  ///< of every shard
  std::vector<ShardStanding> standings{};
  std::optional<LaunchFile> launch{};              ///< none: nobody has submitted it
  std::optional<std::vector<QueuedTask>> queue{};  ///< none: it did not answer, or was not asked
  std::string why_no_queue{};                      ///< "" where nobody had to ask it
  bool is_merged = false, is_stopped = false;
  bool is_being_merged = false;  ///< all shards are done, and a process joins the records

  /// Reads the folder and asks squeue, where jobs were submitted.
  static BatchStatus of(const BatchFolder& batch);
  /// Sets standings, from all the others.
  void stand();

  Index count(ShardStanding standing) const;
  /// Rows of results that are there, and that shall be; a row whose text is cut counts in each
  /// shard.
  double rows_done() const;
  Index rows() const;
  /// Seconds until all is done with as many workers as there are now, or with one; by the plan, and
  /// by how long the finished shards took.
  double seconds_left() const;
  /// Whether nobody works on anything, or merges, and nobody waits in the queue.
  bool is_idle() const;
  /// Whether it is idle and no worker comes by itself: a queue is known, or there is none and
  /// workers have been here, or a file STOP is there.
  bool is_abandoned() const;
  /// Whether all shards are done, merged or not.
  bool is_all_done() const;
  /// Whether nothing is to come: all is merged, or over with failures.
  bool is_over() const;
  /// Shards (from 1) that are free and begin no task of the queue.
  std::vector<Index> missing() const;

  /// ok: all done and merged; numeric: something failed; work_left.
  ExitCode exit_code() const;
  std::string text() const;
  Json to_json() const;
};

/// Whether a running shard's worker is a task of Slurm's that its queue no longer has: it is dead.
bool is_dead_task(const ShardState& state, const BatchStatus& status);

}  // namespace nf
