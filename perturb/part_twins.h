#pragma once

#include "perturb/delta_part.h"
#include "perturb/surrogate.h"

namespace nf {

/// The size of a part of δ that stands for all of it.
enum class PartSize {
  full,  ///< rescaled to the L2 of δ: tensor on weights, token on activations
  own,   ///< as it is
};

/// A part of δ in the place of δ.
SurrogatePtr part_twin(DeltaPartPtr part, PartSize size);

}  // namespace nf
