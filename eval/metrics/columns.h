#pragma once

#include <span>
#include <string>
#include <vector>

#include "eval/metrics/metric_registry.h"
#include "eval/metrics/task_figures.h"
#include "perturb/distortion_stats.h"

namespace nf {

/// A figure of the δ of one site: a column of sites.csv.
struct SiteFigure {
  const char* column;
  double (*value)(const DistortionStats&);
  bool always;  ///< also where the statistics are not complete
};
/// In the order of the columns.
std::span<const SiteFigure> site_figures();

/// The header of results.csv: name, model, seed, one column per metric, delta_nll, delta_nll_low,
/// delta_nll_high, kl_low, kl_high, those of each task, tokens, status, relative_l2_weight,
/// relative_l2_input, then one column per sweep variable.
std::vector<std::string> results_columns(const MetricRegistry& metrics,
                                         const std::vector<TaskHeading>& tasks,
                                         const std::vector<std::string>& variables);
/// `first`, one column per variable, `last`. A variable that is named like one of those has the
/// column var_NAME.
std::vector<std::string> columns_around(const std::vector<std::string>& variables,
                                        const std::vector<std::string>& first,
                                        const std::vector<std::string>& last);

/// The header of sites.csv: name, model, seed, one column per sweep variable, site, elements, then
/// one column per figure. A variable with one of these names (the level of `each: site`) has the
/// column var_NAME.
std::vector<std::string> sites_columns(const std::vector<std::string>& variables);

/// The header of statistics.csv: name, model, one column per sweep variable, figure, seeds, blocks,
/// tokens, estimate, low, high, bootstrap_low, bootstrap_high, sd_text, sd_seed, p, p_holm, p_bh,
/// note. A variable with one of these names has the column var_NAME here and in effects.csv.
std::vector<std::string> statistics_columns(const std::vector<std::string>& variables);
/// The header of effects.csv: model, name, one column per sweep variable, metric, effect, a, b,
/// estimate, low, high, blocks, note, p, p_holm, design.
std::vector<std::string> effects_columns(const std::vector<std::string>& variables);

/// The header of confidence.csv: name, model, seed, one column per sweep variable, bin_low,
/// bin_high, tokens, then those of bin_columns().
std::vector<std::string> confidence_columns(const std::vector<std::string>& variables);

/// The fixed columns of all these files: a sweep variable may not have one of these names.
std::vector<std::string> reserved_columns(const MetricRegistry& metrics);

}  // namespace nf
