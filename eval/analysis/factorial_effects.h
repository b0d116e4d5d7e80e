#pragma once

#include <vector>

#include "eval/analysis/effect_group.h"

namespace nf {

/// The effects of a `factorial` design as contrasts over its runs; docs/statistics.md defines each.
std::vector<Effect> factorial_effects(const EffectGroup& group, const Figure& figure);

}  // namespace nf
