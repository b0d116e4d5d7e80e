#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "eval/plan/calibration_cost.h"
#include "eval/plan/stage_part.h"
#include "eval/records/model_identity.h"
#include "eval/stats/detectable.h"

namespace nf {

/// The cost of one model's part of an experiment, known before it runs. A search counts with the
/// steps that searches like it take (likely_steps()); `most` counts all that it may take.
struct ModelEstimate {
  std::string model;
  Index trials = 0;  ///< rows of results, the baseline not counted; searches are rows
  Index searches = 0;
  Index search_steps = 0;     ///< at most, of all searches
  double likely_steps = 0.0;  ///< of all searches
  Index conditions = 0;       ///< distinct ones, a search being one
  Index nodes = 0;  ///< (block, what happened up to there), each computed once where all lanes
                    ///< travel together
  bool may_stop = false;  ///< some trial has a stopping rule
  Index stages = 0;
  Index most_waves = 0;  ///< of a stage
  WaveCost cost{}, most{};
  CalibrationCost calibrating{};     ///< before them, of what is missing
  double calibrating_seconds = 0.0;  ///< of `seconds`
  Index unshared_block_passes = 0;   ///< each condition by itself, and the baseline once
  double peak_bytes = 0.0, budget_bytes = 0.0;
  double baseline_bytes = 0.0;  ///< of peak_bytes: the baseline's final hidden states, kept while
                                ///< the waves of a stage run
  double seconds = 0.0, most_seconds = 0.0;
  WaveSeconds seconds_of{};      ///< by the same rates; empty where nothing was timed
  MakingFlops making_flops{};    ///< by the same rates
  double longest_wave = 0.0;     ///< seconds, where they are known: the most until work is recorded
  double seconds_of_cuts = 0.0;  ///< of `seconds`, what it costs to record work so often
  Index timed_threads = 0;       ///< of this machine, whose seconds these are
  double tokens = 0.0;           ///< scored
  Index blocks = 0;              ///< of statistics: documents, or windows
  std::vector<CalibrationIdentity> calibration{};  ///< the sets that its trials are made from

  /// Whether less may be enough: trials may stop, and are counted as if they did not.
  bool is_upper_bound() const { return may_stop && searches == 0; }
  Json to_json() const;
};

/// A count as a whole number, as long as a double has it exactly (up to 2^53); else as it is.
Json count_json(double count);

/// The cost of the part of a plan that is left; all but the seconds. steps: the next steps of its
/// searches. finished: the work of earlier runs, has: what they have made of calibration sets.
/// kinds: takes in those of all distortions. rule: for keeping the work; without one it is not cut.
ModelEstimate estimate(const ModelPlan& plan, const Decoder& decoder, const std::vector<Job>& steps,
                       const MemoryBudget& budget, const FinishedItems& finished,
                       DistortionKinds* kinds = nullptr, const SaveRule& rule = {},
                       const HasOutcome& has = {});

/// The part of the checkpoint that a pass reads.
StoredBytes stored_bytes(const Decoder& decoder);

/// The estimates for the terminal: some lines for each model. spread: of the text's blocks.
std::string estimate_text(const std::vector<ModelEstimate>& estimates, Index threads,
                          const PlannedSpread& spread = {});

}  // namespace nf
