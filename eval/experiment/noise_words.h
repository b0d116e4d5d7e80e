#pragma once

#include <optional>

#include "core/config/config_errors.h"
#include "eval/experiment/kinds.h"

namespace nf {

/// The entry that "[weight|input] KIND [relation] l2=0.1 [scope]" stands for; on weights where it
/// names no tensor. nullopt after an error.
std::optional<ConfigNode> expand_noise(const ConfigNode& text, const Kinds& kinds,
                                       ConfigErrors& errors);

/// The noise, without `sites`, that such a text in the place of a `match:` or `reference:` stands
/// for on that tensor.
std::optional<ConfigNode> expand_referred_noise(const ConfigNode& text, SiteTensor tensor,
                                                const Kinds& kinds, ConfigErrors& errors);

}  // namespace nf
