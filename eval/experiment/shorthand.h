#pragma once

#include <optional>
#include <vector>

#include "core/config/config_errors.h"
#include "core/model/site.h"
#include "eval/experiment/kinds.h"

namespace nf {

/// The entries that a text stands for, written out, in the order in which they act:
/// "W4A8 g64 asym" is two quantizers, "gaussian l2=0.1" a noise on weights. Numbers may be
/// "${bisect}". All nodes stand where the text does. nullopt after an error.
std::optional<std::vector<ConfigNode>> expand_shorthand(const ConfigNode& text, const Kinds& kinds,
                                                        ConfigErrors& errors);

/// The quantizer or noise, without `sites`, that a text in the place of a `match:` or `reference:`
/// stands for on that tensor.
std::optional<ConfigNode> expand_referred(const ConfigNode& text, SiteTensor tensor,
                                          const Kinds& kinds, ConfigErrors& errors);

}  // namespace nf
