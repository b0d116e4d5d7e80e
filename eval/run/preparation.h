#pragma once

#include <optional>

#include "core/base/json.h"
#include "core/model/decoder.h"
#include "eval/data/eval_set.h"
#include "eval/experiment/experiment.h"
#include "eval/plan/memory.h"

namespace nf {

/// Bytes that a run may use: `memory`, else what the experiment says, else most of what is free. To
/// be called when everything but the weights is read.
MemoryBudget run_budget(const ExperimentConfig& config, std::optional<Index> memory);

/// Makes a decoder ready for the longest item, and for at least that many positions.
void prepare_decoder(Decoder& decoder, const EvalSet& set, Index positions = 0);

/// Versions and ISA, which may change bits from machine to machine: compared before records are
/// mixed.
Json numerics_env(Arithmetic arithmetic = Arithmetic::f32);

}  // namespace nf
