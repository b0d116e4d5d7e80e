#pragma once

#include "perturb/noise_registry.h"

namespace nf {

/// The ways to take the error of a quantizer, or of another noise, apart, to see which part of it
/// does the damage.
enum class Rearrangement {
  permuted,  ///< shuffled within each unit: same values, no longer tied to the x they came from
  resigned,  ///< same magnitudes at the same places, random signs
};

/// δ = the reference's own error, rearranged within each unit of the scope. Keeps the reference's
/// L2 in the unit unless `strength` asks for another. The order of `permuted` is that of 64-bit
/// draws, one an element (ties by index); the signs of `resigned` are Rademacher draws.
///
/// YAML: {noise: permuted, reference: {quantizer}, scope: channel}, `strength` as for the
/// distributions. Where the reference draws, this noise draws under other keys (first_ordinal()).
NoiseKind reference_noise_kind(Rearrangement rearrangement, const std::string& name,
                               const std::string& summary);

}  // namespace nf
