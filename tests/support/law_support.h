#pragma once

#include <string>
#include <vector>

#include "eval/predict/site_size.h"
#include "tests/support/compare_support.h"

namespace nf {

inline const Json kLawNoise = Json::array(
    {{{"tensor", "weight"}, {"noise", "gaussian"}, {"strength", {{"relative_l2", 0.1}}}}});
inline const Json kLawQuantizer =
    Json::array({{{"tensor", "weight"}, {"grid", "uniform"}, {"bits", 4}, {"method", "rtn"}}});

/// δ of relative L2 √size at a weight, with an output error where one is given.
inline SiteStats law_site(const std::string& site, double size, double output_error = 0.0) {
  SiteStats stats{.site = site};
  stats.stats.count = 100;
  stats.stats.sum_x2 = 100.0;
  stats.stats.sum_d2 = 100.0 * size;
  if (output_error > 0.0)
    stats.predictor = PredictorSums{
        .outputs = OutputSums{.tokens = 10, .error = 10.0 * output_error, .output = 10.0}};
  return stats;
}

/// A row of `kl` on average, which distorts these sites. The scatter of its windows is that of the
/// text, in proportion: hard windows are hard for every trial.
inline ResultRow law_row(const std::string& name, double kl, const SiteSizes& sizes,
                         const Json& entries = kLawNoise, const Json& vars = Json::object(),
                         std::uint64_t seed = 0) {
  std::vector<double> figures = window_figures(1.0, 16, 7);
  double mean = 0.0;
  for (const double figure : figures) mean += figure / 16.0;
  for (double& figure : figures) figure *= kl / mean;
  ResultRow row =
      compared_row(name, name + vars.dump() + std::to_string(seed), figures, vars, seed);
  row.key.entries = entries;
  for (const auto& [site, size] : sizes) row.sites.push_back(law_site(site, size));
  return row;
}

/// A row of a design over sites.
inline ResultRow law_design_row(const std::string& name, const std::string& kind,
                                const std::string& level, double kl, const SiteSizes& sizes,
                                const Json& entries = kLawNoise) {
  ResultRow row = law_row(name, kl, sizes, entries, {{"site", level}});
  row.key.design = {.kind = kind, .factor = "site"};
  return row;
}

inline std::vector<const ResultRow*> pointers(const std::vector<ResultRow>& rows) {
  std::vector<const ResultRow*> pointers;
  for (const ResultRow& row : rows) pointers.push_back(&row);
  return pointers;
}

}  // namespace nf
