#pragma once

#include "core/config/kind_table.h"
#include "core/model/site.h"

namespace nf {

/// Value of `range:`: which of a unit's values its levels are to span. With lowest and highest the
/// smallest and largest value of the unit (of |x| where the grid is symmetric):
///
///   minmax           from lowest to highest
///   mse              p·lowest to p·highest, p = 1 − i/100, i = 0 ... 79; the first p with the
///                    smallest Σ|δ|^2.4 over the unit (the search of GPTQ's own code, 2210.17323)
///   {percentile: p}  p percent of |x| lie inside; asymmetric: (100 − p)/2 percent of x below and
///                    as many above. Between two values it is linear, as in numpy.percentile.
///   awq              values clamped to ±m, m = max|x|·(1 − i/20), i = 0 ... 9, and rounded over
///                    what they then span; the first i with the smallest squared error of the
///                    unit's partial product over InputStatistics::sample (2306.00978, llm-awq's
///                    auto_clip). q_proj and k_proj are left at minmax.
struct RangeRule {
  enum class Kind { minmax, mse, percentile, awq };
  Kind kind = Kind::minmax;
  double percentile = 100.0;  ///< percent, of Kind::percentile

  /// The rule in effect at that site.
  RangeRule at(const Site& site) const;

  friend bool operator==(const RangeRule&, const RangeRule&) = default;
};

using RangeRuleTable = KindTable<RangeRule>;
const RangeRuleTable& range_rules();

/// A name, or {percentile: p}.
template <>
struct ConfigValue<RangeRule> {
  static std::optional<RangeRule> read(const ConfigNode& node, ConfigErrors& errors) {
    return range_rules().read(node, errors);
  }
  static Json write(const RangeRule& rule);
  static std::string type() { return range_rules().type(); }
  static Json schema() { return range_rules().schema(); }
  static std::vector<Choice> choices() { return range_rules().choices(); }
};

}  // namespace nf
