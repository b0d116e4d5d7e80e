#pragma once

#include "eval/plan/model_plan.h"
#include "eval/run/run_context.h"

namespace nf {

/// Finishes what `profile:` asks of one model and part of the work: passes its other texts, and
/// windows that were run before anybody asked, looks at the weights, and searches for super
/// weights. Nothing where all is there. The trials' other texts are passed by the part that has
/// the first item, those of the untouched model, and its weights, by the first of these.
/// Throws what run_stage() throws; all that was seen is kept.
void finish_profile(const RunContext& run, const ModelPlan& plan, const ModelPart& part,
                    Decoder& decoder);

}  // namespace nf
