#pragma once

#include "eval/experiment/experiment.h"
#include "eval/records/trial_choice.h"

namespace nf {

/// Throws ConfigError for a pattern of `choice` that matches no trial of any model.
void check_choice(const TrialChoice& choice, const Experiment& experiment);

/// Throws ConfigError for a pattern of `profile: {trials: ...}` that matches no trial of any model
/// but searches, whose steps nobody looks at.
void check_profiled_trials(const Experiment& experiment);

}  // namespace nf
