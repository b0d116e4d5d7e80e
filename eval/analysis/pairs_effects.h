#pragma once

#include <vector>

#include "eval/analysis/effect_group.h"

namespace nf {

/// The effects of a `pairs` design: main effects, interactions and the additivity of its levels;
/// docs/statistics.md defines each.
std::vector<Effect> pairs_effects(const EffectGroup& group, const Figure& figure);

}  // namespace nf
