#pragma once

#include <string>
#include <vector>

#include "eval/analysis/effect_group.h"
#include "eval/results/results.h"

namespace nf {

/// effects.csv: the effects of the trials that a `pairs` or `factorial` design made. Columns: id,
/// name, model, seed, one per variable (of `pairs` those of the trial that the row is of: a alone,
/// a and b, all; of `factorial`, whose effects are made of all trials, those that they share, and
/// no id), metric (kl, delta_nll), effect, a, b, estimate, low, high, blocks, note, p, p_holm (of
/// interactions, adjusted over those of one design and metric), design (pairs, factorial). The
/// effects, each over the seeds and blocks that all its trials have:
///   main         pairs: the metric of level a alone; factorial: its mean over the trials with a,
///                minus that over those without, the baseline being one of these
///   interaction  the metric of a and b together, minus that of each alone; factorial: the mean of
///                that over what else is distorted
///   additivity   the sum over all levels alone, over all together: 1 where effects add up;
///                factorial: both as its main effects and interactions have them
/// A factorial of resolution 4 has main effects alone. An effect that lacks a trial (in a shard, or
/// after a failure) is left out, but main effects of factorial stand there with a `note`. Empty
/// where the experiment has no such trial. keys: those of all rows of the experiment, some of which
/// may have no record yet; variables: the experiment's.
std::string effects_csv(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                        const std::vector<std::string>& variables);
/// The rows of one group, each with its line break.
std::string effect_rows(const EffectGroup& group, const std::vector<std::string>& variables);

}  // namespace nf
