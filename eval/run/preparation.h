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

/// Takes the experiment's `isa` into effect for this process; to be called before anything is
/// computed. Throws ConfigError where products would use another instruction set: this machine has
/// not got it.
void take_isa(const ExperimentConfig& config);

/// Facts that may change bits from machine to machine, compared before records are mixed: versions,
/// a hash of the results of eight fixed products, and the names of what computes them, which are
/// told and count for nothing beside that hash; and the arithmetic where it is not f32, with the
/// hash of its own products. The machine must have it (check_arithmetic()).
Json numerics_env(Arithmetic arithmetic = Arithmetic::f32);

}  // namespace nf
