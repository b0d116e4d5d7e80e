#pragma once

#include "core/config/config_errors.h"
#include "eval/experiment/kinds.h"

namespace nf {

/// Refuses a text in the place of an item of `trials`, with the item that it was meant for: results
/// need a name beside a shorthand.
void refuse_bare_trial(const ConfigNode& text, const Kinds& kinds, ConfigErrors& errors);

}  // namespace nf
