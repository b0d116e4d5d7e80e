#pragma once

#include <string>
#include <vector>

#include "quant/quantizer_config.h"

namespace nf {

/// One combination of the axes that makes no sense, and why.
struct AxisRule {
  const char* key;     ///< where the mistake is told
  const char* value;   ///< of that key, for the reference page: "full"
  const char* beside;  ///< what it does not go with: "symmetric: false", "activations"
  const char* reason;  ///< with "grid {grid}" for its name; what to write stands behind the ';'
  bool (*is_broken)(const QuantizerConfig& entry, SiteTensor tensor);

  std::string message(const QuantizerConfig& entry) const;
};

/// All of them. What is not among them is legal, but for units that a tensor does not have
/// (unit_problem) and what a method says of its own keys.
const std::vector<AxisRule>& axis_rules();

/// The rules as a table for the reference page.
std::string axis_rules_markdown();

}  // namespace nf
