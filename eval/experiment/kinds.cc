#include "eval/experiment/kinds.h"

namespace nf {

KindsPtr Kinds::builtin() {
  Kinds kinds;
  register_builtin_noises(kinds.noises);
  register_builtin_quantizers(kinds.quantizers);
  register_builtin_architectures(kinds.architectures);
  register_builtin_metrics(kinds.metrics);
  register_builtin_tasks(kinds.tasks);
  return std::make_shared<const Kinds>(std::move(kinds));
}

}  // namespace nf
