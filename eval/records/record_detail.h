#pragma once

#include <memory>

#include "core/base/json.h"
#include "eval/metrics/detail.h"
#include "eval/records/object_reader.h"

namespace nf {

/// Writes the detail of a window into a record, as keys of the window beside its sums: under
/// "confidence" or "entropy" one list with an entry a bin for each sum of the bins, and where
/// tokens are kept, under "per_token" one list for each figure, in the tokens' order ("top1": 0 or
/// 1).
void add_detail(const Detail& detail, Json& window);

/// Reads it back; nullptr where the window has none.
std::shared_ptr<const Detail> read_detail(const ObjectReader& window);

}  // namespace nf
