#pragma once

#include <vector>

#include "eval/records/row_key.h"
#include "eval/records/trial_profile.h"

namespace nf {

/// Puts profiles into the order of the rows of their trials: the evaluated text, the others by
/// name, then the weights. It follows from no run's order, so joined ones stand as those of one.
void sort_profiles(const std::vector<RowKey>& rows, std::vector<TrialProfile>& profiles);

}  // namespace nf
