#pragma once

#include <memory>

#include "core/model/architecture.h"
#include "eval/metrics/metric_registry.h"
#include "eval/tasks/task_registry.h"
#include "perturb/noise_registry.h"
#include "quant/quantizer_registry.h"

namespace nf {

struct Kinds;
/// Kinds never change once they are made. Shared: an experiment needs them for as long as it lives.
using KindsPtr = std::shared_ptr<const Kinds>;

/// Everything of an experiment that has a name and a file of its own: made once by main() (or a
/// test) and passed down. Only eval sees noise, quantizers and architectures together. What reads
/// records is given the metrics alone: its own kinds, predictors and sections of the report, stand
/// on floors above this one and are made where they are asked. Relations, parts of δ, grids, ranges
/// and scales have no registry; each is a constant table of functions beside its type.
struct Kinds {
  NoiseRegistry noises;
  QuantizerRegistry quantizers;
  ArchitectureRegistry architectures;
  MetricRegistry metrics;
  TaskRegistry tasks;

  /// All kinds this program was built with.
  static KindsPtr builtin();
};

}  // namespace nf
