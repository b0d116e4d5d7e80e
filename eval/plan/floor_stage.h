#pragma once

#include "eval/data/eval_set.h"
#include "eval/plan/stage.h"

namespace nf {

/// The floor is taken over that many windows of text, the first ones.
inline constexpr Index kFloorWindows = 8;

/// The items of a stage that are windows of the floor; without any: there is nothing to do for it.
Stage floor_stage(const EvalSet& set, const Stage& stage);

}  // namespace nf
