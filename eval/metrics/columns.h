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
/// delta_nll_high, kl_low, kl_high, kl_floor, below_floor, those of each task, tokens, status,
/// relative_l2_weight, relative_l2_input, then one column per sweep variable.
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

/// The header of searches.csv: name, model, seed, one column per sweep variable, metric, target,
/// value, reached, steps, state, estimate, value_low, value_high, seeds, note.
std::vector<std::string> searches_columns(const std::vector<std::string>& variables);
/// The header of `compare --csv`: name, model, the sweep variables of the trials, against, those of
/// what they are compared with as against_NAME, then kComparisonColumns.
std::vector<std::string> comparison_columns(const std::vector<std::string>& variables,
                                            const std::vector<std::string>& against_variables);
inline constexpr const char* kComparisonColumns[] = {
    "figure",        "seeds",          "against_seeds", "pairing", "blocks",
    "all_blocks",    "tokens",         "difference",    "low",     "high",
    "bootstrap_low", "bootstrap_high", "se_text",       "se_seed", "p",
    "p_holm",        "shown_from",     "verdict",       "note"};
/// The columns of `export --csv` behind the sweep variables: id, window, task, question, choice,
/// document, tokens, one per summed figure, bytes, correct, correct_norm.
std::vector<std::string> export_columns();

/// The fixed columns of results.csv, also as a view in SQLite, sites.csv and confidence.csv: a
/// sweep variable may not have one of these names.
std::vector<std::string> reserved_columns(const MetricRegistry& metrics);
/// The fixed columns of all files.
std::vector<std::string> fixed_columns(const MetricRegistry& metrics);
/// A column's name as SQL compares it: ASCII letters in lower case.
std::string sql_key(std::string name);

}  // namespace nf
