#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/field_table.h"
#include "perturb/delta_part.h"
#include "perturb/noise_registry.h"
#include "perturb/strength.h"

namespace nf {

/// The keys by which any entry, noise or quantizer, takes a dose or a part of its own change.
struct PartialKeys {
  double dose = 1.0;
  DeltaPartPtr keep{};                 ///< null: all of δ
  std::optional<Strength> strength{};  ///< of what is left

  static FieldTable<PartialKeys> fields();
  /// Reads them from an entry and looks at no other key. has_strength: the entry's kind has a
  /// `strength` of its own, so that the key is not read here.
  static PartialKeys read(const ConfigNode& entry, bool has_strength, ConfigErrors& errors);
  /// The keys that read() looks at: an entry's kind must not see them.
  static std::vector<std::string> names(bool has_strength);

  bool takes_all() const { return dose == 1.0 && keep == nullptr; }
};

/// x̃ = x + t·part(x̂ − x), x̂ what `whole` makes of x: in double, rounded once; where the change is
/// taken as it is x̂ is copied. `whole` itself where `keys` take all of it. A part of a noise whose
/// strength is given has the L2 that the whole noise had in each unit of its scope: a noise's
/// strength is that of what is left. Any other change is as large as what is left, unless
/// `strength` rescales it: in the scope tensor on weights, token on inputs.
///
/// entry: the mapping that `keys` and `whole` were read from. has_strength: as in
/// PartialKeys::read(). match: builds the quantizer of `strength: {match: ...}`. Null after errors
/// have been added, also where `whole` is null.
DistortionPtr partial_distortion(const DistortionPtr& whole, const PartialKeys& keys,
                                 const ConfigNode& entry, bool has_strength, SiteTensor tensor,
                                 const DistortionBuilder& match, ConfigErrors& errors);

}  // namespace nf
