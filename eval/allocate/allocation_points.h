#pragma once

#include <vector>

#include "eval/allocate/allocation_sites.h"
#include "eval/analysis/compare_selector.h"
#include "eval/experiment/experiment.h"

namespace nf {

/// The points of a trial that has run at each of these bits, in their order. model: of the loaded
/// experiment. rows: of its run. Throws ConfigError, with what to add, for bits that the trial does
/// not have or that have not run, and where several points have the same bits.
std::vector<BitsPoint> bits_points(const ExperimentModel& model, const TrialSelector& selector,
                                   const std::vector<Index>& choices,
                                   const std::vector<ResultRow>& rows);

}  // namespace nf
