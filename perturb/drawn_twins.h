#pragma once

#include <functional>
#include <optional>

#include "perturb/surrogate.h"

namespace nf {

/// The unit in which a twin has the L2 of the δ that it stands for.
using TwinScope = std::function<std::optional<Unit>(const ReferenceChange& change, SiteTensor)>;

/// z ← draws of the standard normal distribution, one an element of the site. z: [rows, cols]
void draw_normal(const DistortionContext& context, MatrixView z);

/// Normal noise with the L2 of δ in each unit of the scope.
SurrogatePtr normal_twin(TwinScope scope, bool needs_grid = false);

}  // namespace nf
