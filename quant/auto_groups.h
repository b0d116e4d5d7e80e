#pragma once

#include <functional>

#include "perturb/distortion.h"
#include "quant/granularity.h"

namespace nf {

/// The fewest values in a group that `auto` comes to.
inline constexpr Index kFinestAutoGroup = 16;

/// Groups that each weight chooses (FineQuant, 2308.09723): from the coarsest on, the group is
/// halved while r(g) − r(g/2) > loss·r(g), r = ‖δ‖/‖w‖ of trial(g), and not below 16. Groups as
/// wide as the weight are all one: of those the finest is the coarsest. made(g) acts with what was
/// chosen, which sites.csv says (`group`). Both: the quantizer with {group: g}.
DistortionPtr choose_groups(const AutoGroupsConfig& config,
                            const std::function<DistortionPtr(Index group)>& trial,
                            const std::function<DistortionPtr(Index group)>& made);

}  // namespace nf
