#include "eval/experiment/kinds.h"

namespace nf {

Kinds Kinds::builtin() {
  Kinds kinds;
  register_builtin_noises(kinds.noises);
  register_builtin_quantizers(kinds.quantizers);
  register_builtin_architectures(kinds.architectures);
  return kinds;
}

}  // namespace nf
