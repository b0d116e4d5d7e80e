#pragma once

#include <vector>

#include "core/config/config_node.h"

namespace nf {

/// Entries that an entry refers to, as written: `reference:`, and the `match:` of its strength.
std::vector<ConfigNode> referred_by(const ConfigNode& entry);

}  // namespace nf
