#pragma once

#include <string>

#include "eval/plan/model_plan.h"

namespace nf {

/// The part of an experiment's trials that is recorded, counted in trials × windows (or questions).
/// Neither baseline nor floor counts.
struct KeptWork {
  Index kept = 0, total = 0;
  bool windows = false, questions = false;  ///< there are some
  bool has_searches = false;                ///< whose steps to come nobody knows
  bool floor_left = false;

  KeptWork& operator+=(const KeptWork& more);
  /// "62 of 88 trials × windows kept"; where none of them is left also what is.
  std::string text() const;
};

/// The work of one model's plan. steps: those that its searches ask for next, which count, as do
/// the steps before them.
KeptWork kept_work(const ModelPlan& plan, const std::vector<Job>& steps,
                   const FinishedItems& finished);

}  // namespace nf
