#pragma once

#include <vector>

#include "eval/analysis/compare_options.h"
#include "eval/analysis/compare_selector.h"
#include "eval/analysis/comparison.h"
#include "eval/records/model_identity.h"
#include "eval/results/results.h"

namespace nf {

struct ComparedLines;
struct ModelLines;

/// Compares every line (name and sweep point, seeds pooled) of the selectors behind the first with
/// the lines of the first, model by model, where the variables that both have are equal. Some
/// variables need not be equal: `bisect`, which a search finds; one that both selectors name; where
/// a trial is compared with itself, one that either names. Lines without a partner are told in the
/// remarks.
///
/// Blocks are those that all rows of both lines and the baseline have. A verdict is made of p_holm,
/// which is adjusted over the comparisons of one figure and model.
///
/// A ratio and a share as a margin are those of figures with a zero of their own (KL). The test of
/// equivalence is adjusted as p is.
///
/// rows, keys, tasks: of a folder; keys are those of all rows of its experiment, some of which may
/// have no record yet. selectors: at least two, or one with all_pairs (NF_CHECK). identities: they
/// say how much text and how many questions there are; a model that is not among them has as much
/// as its baseline. Throws ConfigError where no two lines can be compared, or an option is not
/// understood.
TrialComparison compare_trials(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                               const std::vector<TaskHeading>& tasks,
                               const std::vector<TrialSelector>& selectors,
                               const std::vector<ModelIdentity>& identities = {},
                               const CompareOptions& options = {});

/// Compares pairs of lines of one model in figures of text, whatever their points; lines[i] is of
/// pairs[i], and p_holm is adjusted over all of them. The model has a baseline that did not fail
/// (NF_CHECK), and each line a sample.
ModelComparison compare_pairs(const ModelLines& model, const std::vector<ComparedLines>& pairs,
                              const CompareOptions& options = {});

}  // namespace nf
