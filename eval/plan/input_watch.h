#pragma once

#include <deque>
#include <span>
#include <vector>

#include "eval/plan/missing_outcomes.h"
#include "eval/plan/model_plan.h"

namespace nf {

/// Statistics of what linears of the untouched model read of a calibration set, that predictors of
/// damage are made of (`predict:`). To the calibration they are trials like others, which distort
/// nothing and need statistics at their sites; what is kept of a site depends on no other.
class InputWatch {
 public:
  /// The statistics that distorted weights are measured by, and those for distorted inputs.
  enum class Of { weights, inputs };

  /// Watches what `trials` distort; null stands for all that there is. set: null: nothing.
  InputWatch(const DecoderSpec& spec, const CalibrationSetPtr& set,
             std::span<const ModelTrial* const> trials);
  /// Watches every tensor that a linear reads.
  static InputWatch everywhere(const DecoderSpec& spec, const CalibrationSetPtr& set);
  InputWatch(const InputWatch&) = delete;  // what it hands out points into it
  InputWatch& operator=(const InputWatch&) = delete;

  /// The trials, to be calibrated beside others. This must outlive them.
  std::vector<CalibratedTrial> trials() const;

  /// The place where the statistics of the tensor that a role reads are kept. layer: any for
  /// lm_head
  struct Place {
    Site site;
    ChainKey key{};  ///< nothing: they are not watched
  };
  Place place(Of of, Index layer, Role role) const;

 private:
  InputWatch(const DecoderSpec& spec, const CalibrationSetPtr& set, std::vector<Site> of_weights,
             std::vector<Site> of_inputs);

  struct Watcher {
    ModelTrial trial;
    TrialPath path;
  };
  const DecoderSpec& spec_;
  PathNumbers numbers_;
  std::deque<Watcher> watchers_;  ///< by Of; empty without a set
};

/// Watches what these jobs of a plan distort; nothing where it has no predictor_set().
InputWatch watch_of(const ModelPlan& plan, const std::vector<const Job*>& jobs);

/// Bytes that measuring trials for predictors takes at a time, about.
double predictor_bytes(const DecoderSpec& spec, const CalibrationSetPtr& set,
                       std::span<const ModelTrial* const> trials);

}  // namespace nf
