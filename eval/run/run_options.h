#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/io/piece_hash_cache.h"
#include "eval/plan/kept_work.h"
#include "eval/plan/shard.h"
#include "eval/records/record.h"
#include "eval/records/trial_choice.h"
#include "eval/results/followed_searches.h"

namespace nf {

/// The options of a run; none of them changes a result.
struct RunOptions {
  std::filesystem::path out{};    ///< the run folder
  bool any_env = false;           ///< go on in a folder begun under another env
  bool any_set = false;           ///< go on in a folder begun with another --set
  std::optional<Index> memory{};  ///< bytes, instead of the experiment's `memory`
  TrialChoice trials{};           ///< those that are run
  Shard shard{};                  ///< the part of them that is run
  std::string command{};          ///< for manifest.json
  /// Hashes of models' files that are trusted; without it every file is read for its hash.
  std::optional<PieceHashCache> hashes{};
  /// Seconds of work between two points at which all is recorded, about; 0: work is not cut. By
  /// default kSaveEvery, or more where that many cuts would cost more than kSaveShare of the work.
  std::optional<double> save_every{};
  /// Records of other folders that count as work that is done (RunFolder::take_known).
  std::vector<Record> known{};
  /// Whether the folder gets its tables at the end. Without them no row is in the outcome.
  bool writes_tables = true;
  /// Called before the first wave, with the operations that are planned: until then an end at once
  /// loses nothing.
  std::function<void(double flops)> begin_work = [](double) {};
  /// Called while the planned operations are done, from any thread.
  std::function<void(double flops)> advance = [](double) {};
  /// Asked wherever all work so far is recorded and more is to come: between waves.
  std::function<bool()> should_stop = [] { return false; };
  /// Seconds until whoever started the run ends it. A wave that would not be recorded by then is
  /// not begun, unless it is the first.
  std::function<double()> seconds_left = [] { return std::numeric_limits<double>::infinity(); };
};

inline constexpr double kSaveEvery = 60.0;

/// The outcome of a run in memory; the files are in the folder.
struct RunOutcome {
  std::vector<ResultRow> rows;
  FollowedSearches searches{};
  Index planned_rows = 0;    ///< of this part of the trials, without the baseline
  Index failed = 0;          ///< rows whose arithmetic failed
  bool interrupted = false;  ///< stopped by should_stop() or for want of time; finished waves are
                             ///< kept
  KeptWork kept{};           ///< where it was interrupted
  std::string mixed_env{};   ///< mixed_env_text() of the folder
};

}  // namespace nf
