#pragma once

#include "eval/plan/model_plan.h"
#include "eval/run/run_context.h"

namespace nf {

/// Finishes what `profile:` asks of one model: passes its other texts, and windows that were run
/// before anybody asked, looks at the weights, and searches for super weights. Nothing where all is
/// there. Throws what run_stage() throws; all that was seen is kept.
void finish_profile(const RunContext& run, const ModelPlan& plan, Decoder& decoder);

}  // namespace nf
