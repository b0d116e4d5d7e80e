#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "eval/experiment/experiment_source.h"
#include "eval/plan/shard.h"
#include "eval/records/run_place.h"

namespace nf {

/// Files of a batch folder DIR, beside experiment.yaml and resolved.yaml. I is a shard's number
/// from 1, K the number of an attempt at it.
///
///   plan.json              what is to be done: BatchFolderPlan; written once
///   cut.json               where the plan's rates are guessed: the cut by those that the first
///                          worker measured, which counts instead; made once, before any shard
///   env.json               the numerics of the first worker: others must agree
///   claims/I.K.json        attempt K at shard I, by one worker; the file's mtime is the worker's
///                          last sign of life (ShardClaim)
///   claims/I.K.released    that attempt has ended
///   claims/merge.K.json    the same for joining all records to one run folder
///   workers/I.K/           the run folder of that attempt: records.jsonl has one writer
///   done/I.json            shard I is recorded to the end
///   failed/I.json          shard I ended with an error that would come again
///   hashes/                what is known of the models' files
///   merged/                the run folder of all; appears whole
///   STOP                   made by the user: all workers stop at the next point
inline constexpr const char* kBatchCut = "cut.json";
inline constexpr const char* kEndOfNote = "\n}\n";  ///< of these two, and nowhere else in them
inline constexpr const char* kDoneDir = "done";
inline constexpr const char* kMergeNote = "merge.json";
inline constexpr const char* kFailedDir = "failed";
/// Hashes of the models' files, taken once for all workers (PieceHashCache).
inline constexpr const char* kHashesDir = "hashes";
/// There while the folder is made, by NewBatchFolder.
inline constexpr const char* kMakerLock = ".making";

/// Seconds without a sign of life after which a claim is free for others.
inline constexpr double kLease = 180.0;

/// A shard as it was planned.
struct BatchShard {
  Index trials = 0;      ///< rows of results that it has a part of, without the baseline
  double seconds = 0.0;  ///< on the machine that was planned for
  Index memory = 0;      ///< bytes
};

/// The contents of plan.json with the two texts.
struct BatchFolderPlan {
  ExperimentSource source;            ///< experiment.yaml as given, --set, directories
  std::string resolved{};             ///< text of resolved.yaml
  std::vector<std::string> trials{};  ///< patterns of the trials that are run; none: all
  Shard shard{};                      ///< the cut: with an index, the shard of that number
  std::vector<BatchShard> shards{};
  /// Nobody gave the cut's rates: the first worker measures some, and all cut by these.
  bool is_guessed = false;
  double lease = kLease;  ///< seconds
  std::string command{};  ///< that made the folder
  /// Whatever else its maker notes (launcher, rates' origin): under "notes"; workers do not read
  /// it.
  Json notes = Json::object();
};

/// The account of a shard that is recorded to the end.
struct ShardEnd {
  std::string worker{};
  Index rows = 0;         ///< of results, without the baseline
  Index failed_rows = 0;  ///< those of them whose arithmetic failed
  double seconds = 0.0;   ///< of the last attempt
};

enum class ShardStage {
  waiting,  ///< never begun, or given back by a worker that was asked to stop
  running,  ///< its worker lives
  lost,     ///< its worker has given no sign of life for a lease: free
  done,
  failed,
};
/// "waiting", "running", "lost", "done", "failed".
const char* stage_name(ShardStage stage);

/// The known state of a shard.
struct ShardState {
  Index shard = 0;  ///< from 0
  ShardStage stage = ShardStage::waiting;
  Index attempts = 0;           ///< claims until now; 0: never started
  std::string worker{};         ///< of the last attempt: job and task, or host and process
  double age = 0.0;             ///< seconds since its last sign of life, running and lost
  std::optional<bool> lives{};  ///< whether its process does; of one of this running system
  std::int64_t sign = 0;        ///< when that was, in nanoseconds of whatever clock
  double share = 0.0;   ///< running: of the attempt's work that is done, as it says at each sign
  ShardEnd end{};       ///< done
  int exit_code = 0;    ///< failed
  std::string error{};  ///< failed

  bool is_free() const { return stage == ShardStage::waiting || stage == ShardStage::lost; }
  bool is_over() const { return stage == ShardStage::done || stage == ShardStage::failed; }
};

/// A batch folder: a plan, and the state of its shards as files show it. Any number of processes on
/// any number of machines read and write in it; every step is one file that appears whole.
/// Copyable; not thread-safe.
class BatchFolder {
 public:
  /// Throws ConfigError where `dir` is there and holds anything but what create() makes before
  /// plan.json, for that may be left of an earlier attempt.
  static void check_new(const std::filesystem::path& dir);
  /// Makes the folder, with all that workers need; plan.json comes last. Throws what check_new()
  /// throws, and DataError where it cannot be written.
  static BatchFolder create(const std::filesystem::path& dir, const BatchFolderPlan& plan);
  /// Opens one. Throws ConfigError where there is none, DataError for a damaged plan.json.
  static BatchFolder open(const std::filesystem::path& dir);

  /// Puts a cut into the place of a guessed one, where no other worker has done so: then that one
  /// counts. `shard` and `shards` are of as many shards as before. Throws DataError where the file
  /// is damaged, or was left empty by a worker that was killed (a file system without hard links).
  void agree_on_cut(const Shard& shard, const std::vector<BatchShard>& shards);

  const std::filesystem::path& dir() const { return dir_; }
  /// The plan, with the cut that workers agreed on where they had when this was opened or agreed.
  const BatchFolderPlan& plan() const { return plan_; }
  Index shard_count() const { return std::ssize(plan_.shards); }

  /// The state of every shard. Leases are measured on the clock of the file system, which is asked
  /// by a file that is made for it; where the folder cannot be written to (a reader of somebody
  /// else's), on this machine's clock.
  std::vector<ShardState> shards() const;
  /// The run folders of all attempts at a shard (from 0), or at any, that may hold records: in the
  /// order of shards and attempts.
  std::vector<std::filesystem::path> attempt_folders(Index shard) const;
  std::vector<std::filesystem::path> attempt_folders() const;
  /// Makes the folder of an attempt at a shard, with another name where it is there.
  std::filesystem::path make_attempt_folder(Index shard, Index attempt) const;
  std::filesystem::path claims_dir() const { return dir_ / kClaimsDir; }

  /// Notes that a shard is recorded to the end. Whoever says so first is heard.
  void note_done(Index shard, const ShardEnd& end) const;
  /// Notes that it ended with an error.
  void note_failed(Index shard, const std::string& worker, int exit_code,
                   const std::string& error) const;
  /// Notes that all is joined in merged/, or asks whether somebody has.
  void note_merged() const;
  bool is_all_merged() const;
  /// Forgets that a shard has failed, so that workers take it again.
  void forget_failure(Index shard) const;

  /// Whether somebody asks all workers to stop: a file STOP.
  bool is_stopped() const;
  /// The joined run folder, also while there is none; is_merged() says whether there is one.
  std::filesystem::path merged_dir() const;
  bool is_merged() const;

 private:
  BatchFolder(std::filesystem::path dir, BatchFolderPlan plan);
  void take_agreed_cut();

  std::filesystem::path dir_;
  BatchFolderPlan plan_;
};

}  // namespace nf
