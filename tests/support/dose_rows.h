#pragma once

#include <string>

#include "tests/support/law_support.h"

namespace nf {

inline const SiteSizes kDoseSites = {{"layers.0.q_proj.weight", 0.01}};

/// A row of noise of that relative L2 at one weight.
inline ResultRow dose_row(const std::string& name, double size, double kl,
                          const std::string& relation = "independent") {
  const Json entries = Json::array({{{"tensor", "weight"},
                                     {"noise", "gaussian"},
                                     {"relation", relation},
                                     {"strength", {{"relative_l2", size}}}}});
  ResultRow row = law_row(name, kl, kDoseSites, entries, {{"r", size}});
  row.relative_l2_weight = size;
  return row;
}

/// Noise with a `match` of that quantizer, and the quantizer.
inline ResultRow matched_row(const std::string& name, double kl) {
  const Json entries = Json::array(
      {{{"tensor", "weight"}, {"noise", "gaussian"}, {"strength", {{"match", kLawQuantizer[0]}}}}});
  ResultRow row = law_row(name, kl, kDoseSites, entries);
  row.relative_l2_weight = 0.05;
  return row;
}
inline ResultRow quantized_row(const std::string& name, double kl) {
  ResultRow row = law_row(name, kl, kDoseSites, kLawQuantizer);
  row.relative_l2_weight = 0.05;
  return row;
}

}  // namespace nf
