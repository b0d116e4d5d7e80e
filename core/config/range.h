#pragma once

#include <limits>
#include <string>

#include "core/base/json.h"
#include "core/config/config_errors.h"
#include "core/config/config_node.h"

namespace nf {

/// The numbers a field accepts. Both ends belong to it unless excluded; infinite ends are open.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_excluded = false;
  bool max_excluded = false;
  std::string reason{};  ///< why, for messages: "at 2 and below the variance is infinite"; or empty

  bool is_bounded() const;
  bool contains(double value) const;
  /// "between 2 and 8", "at least 0", "greater than 0 and at most 1"; empty when nothing is
  /// bounded.
  std::string str() const;

  Range excluding_min() const;
  Range excluding_max() const;
  Range because(std::string why) const;
};

Range between(double min, double max);
Range at_least(double min);
Range above(double min);  ///< greater than min
Range at_most(double max);

/// Checks the number that stands in `node`, or each number of a list; other values pass unseen.
/// Adds "must be between 2 and 8, is 9", and the range's reason, to `errors` and returns false when
/// a number is outside.
bool check_range(const Range& range, const ConfigNode& node, ConfigErrors& errors);

/// Writes the bounds into the JSON Schema fragment of a number, or of the numbers in a list. False
/// when there is no number to bound.
bool add_range_to_schema(const Range& range, Json& schema);

}  // namespace nf
