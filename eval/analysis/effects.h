#pragma once

#include <vector>

#include "eval/analysis/effect_group.h"

namespace nf {

/// The rows of effects.csv that a group's design has (docs/statistics.md), with the tests of its
/// interactions.
std::vector<Effect> effects_of(const EffectGroup& group, const Figure& figure);

}  // namespace nf
