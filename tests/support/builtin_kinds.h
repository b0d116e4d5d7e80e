#pragma once

#include "eval/experiment/kinds.h"

namespace nf {

/// The metrics that the program has.
inline const MetricRegistry& builtin_metrics() {
  static const KindsPtr kinds = Kinds::builtin();
  return kinds->metrics;
}

/// The kinds of tasks that the program has.
inline const TaskRegistry& builtin_tasks() {
  static const KindsPtr kinds = Kinds::builtin();
  return kinds->tasks;
}

}  // namespace nf
