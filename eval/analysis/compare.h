#pragma once

#include <vector>

#include "eval/analysis/compare_selector.h"
#include "eval/analysis/comparison.h"
#include "eval/records/model_identity.h"
#include "eval/results/results.h"

namespace nf {

/// Compares every line (name and sweep point, seeds pooled) of the selectors behind the first with
/// the lines of the first, model by model, where the variables that both have are equal. Left out
/// of that: `bisect`, which a search finds; a variable that both selectors name; of one trial with
/// itself one that either names. What is compared with nothing is told in the remarks.
///
/// Blocks are those that all rows of both lines and the baseline have. A verdict is made of p_holm,
/// which is adjusted over the comparisons of one figure and model.
///
/// rows, keys, tasks: of a folder; keys has what there is to be, also where no record is yet.
/// selectors: at least two (NF_CHECK). identities: how much text and how many questions there are;
/// of one that is not among them, as much as its baseline has. Throws ConfigError where no two
/// lines can be compared.
TrialComparison compare_trials(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                               const std::vector<TaskHeading>& tasks,
                               const std::vector<TrialSelector>& selectors,
                               const std::vector<ModelIdentity>& identities = {});

}  // namespace nf
