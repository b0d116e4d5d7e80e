#pragma once

#include <cstdint>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// The bits that a weight [out, in] takes as a quantizer stores it: `bits` a value and, for each
/// unit that has a scale, 16 for it and `bits` for a zero point where the grid is asymmetric;
/// levels that are fitted to a unit (kmeans) take 16·2^bits in the place of a scale. entry: the
/// quantizer as Entry::config() has it. notes: what was chosen for the weight (SiteStats::notes),
/// the groups of {adaptive: g} and {auto: {...}}; null where nothing was.
std::int64_t storage_size(const Json& entry, const Json& notes, Index out, Index in);

}  // namespace nf
