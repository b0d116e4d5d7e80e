#pragma once

#include <functional>
#include <string>
#include <vector>

#include "perturb/distribution.h"
#include "perturb/noise_registry.h"
#include "perturb/relation.h"

namespace nf {

/// δ = z·w·(target / ‖z·w‖) in each unit of the scope: z drawn from a distribution, w the weights
/// of the relation, ‖δ‖ exactly what `strength` asks for (arXiv 2403.06408 draws noise of a given
/// size relative to the values; here the size is met, not expected). Norms in double. ‖x‖ = 0 or
/// ‖z·w‖ = 0 gives δ = 0.
///
/// YAML: {noise: gaussian, relation: independent, strength: {relative_l2: 0.1}, scope: channel},
/// `floor` for negative powers, `reference: {quantizer}` for relation `step`.
///
/// The distribution's parameters are required keys. `distribution` must outlive the kind, as those
/// of builtin_distributions() do.
NoiseKind scaled_noise_kind(const Distribution& distribution);

/// Noise with one relation alone, which keys of its own describe.
struct RelatedNoise {
  std::string name;     ///< the stem of its file in perturb/kinds/
  std::string summary;  ///< one line for `noisefloor list noises`
  std::string distribution;
  std::vector<FieldDoc> relation_fields{};
  /// The relation of an entry; reads the keys of relation_fields alone. Its config is these keys.
  std::function<Relation(const ConfigNode& entry, ConfigErrors& errors)> relation{};
};
/// YAML: {noise: NAME, keys of the relation, strength: {relative_l2: 0.1}, scope: channel}.
NoiseKind related_noise_kind(const RelatedNoise& noise);

}  // namespace nf
