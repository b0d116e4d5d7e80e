#pragma once

#include <string>
#include <vector>

#include "eval/analysis/compare_selector.h"

namespace nf {

/// The trials that one trial is compared with where no other is named.
struct OtherTrials {
  std::vector<TrialSelector> selectors{};
  /// Trials that are left out, in one line: "layer has 8 points that uniform does not tell apart:
  /// name one, as layer:layer=0". Empty where there is none.
  std::string left_out{};
};

/// All trials but the baseline and the first itself, without those that have a line which would be
/// compared with several lines of the first: two sweeps would be compared every line with every
/// line. keys: the rows of the folder.
OtherTrials other_trials(const TrialSelector& first, const std::vector<RowKey>& keys);

}  // namespace nf
