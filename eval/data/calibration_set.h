#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eval/data/item.h"
#include "perturb/input_statistics.h"

namespace nf {

/// A calibration text as one model reads it: windows of which every token counts and none is
/// scored. Immutable.
struct CalibrationSet {
  std::string name;             ///< in YAML, for messages
  std::vector<EvalItem> items;  ///< one a window; without targets
  std::string hash;  ///< of the ids, window by window; the same hash, the same statistics

  CalibrationSize size() const {
    CalibrationSize size{.tokens = 0, .windows = static_cast<Index>(items.size())};
    for (const EvalItem& item : items) size.tokens += static_cast<Index>(item.ids.size());
    return size;
  }
};
using CalibrationSetPtr = std::shared_ptr<const CalibrationSet>;

/// The set of these windows, a list of ids each, none empty. An item's first_row is the number of
/// tokens before it in the set.
CalibrationSetPtr make_calibration_set(const std::string& name,
                                       const std::vector<std::vector<std::int32_t>>& windows);

/// The set of that name for a trial of that seed (`seed: trial` draws another for each).
using CalibrationSource =
    std::function<CalibrationSetPtr(const std::string& name, std::uint64_t seed)>;

}  // namespace nf
