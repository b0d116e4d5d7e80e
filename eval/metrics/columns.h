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
/// The figures in the order of the columns.
std::span<const SiteFigure> site_figures();

/// The columns that every file begins with that speaks of trials.
inline constexpr const char* kTrialColumns[] = {"id", "name", "model", "seed"};

/// The header of results.csv: kTrialColumns, one column per metric, delta_nll, delta_nll_low,
/// delta_nll_high, kl_low, kl_high, kl_floor, below_floor, those of each task, tokens, windows,
/// status, stopped, relative_l2_weight, relative_l2_input, kl_per_r2, where one of the variables is
/// kExecuteVariable the distance of an arm from the simulated one (delta_nll_execute,
/// delta_nll_execute_low, delta_nll_execute_high, delta_kl_execute, ...), then one column per
/// variable. No variable may have one of the other names.
std::vector<std::string> results_columns(const MetricRegistry& metrics,
                                         const std::vector<TaskHeading>& tasks,
                                         const std::vector<std::string>& variables);

/// Names of a distortion's choices for a weight (DistortionReport::notes): the last columns of
/// sites.csv, empty where nothing was chosen.
std::span<const char* const> site_notes();

/// The header of sites.csv: kTrialColumns, one column per variable, layer, role, tensor, site,
/// elements, then one column per figure and one per note. Beside a variable that is called like a
/// place or a note (the level of `each: layer`) the site's own is sites_layer.
std::vector<std::string> sites_columns(const std::vector<std::string>& variables);

/// The header of confidence.csv: kTrialColumns, one column per variable, bin_low, bin_high, tokens,
/// then those of bin_columns(). No variable may have one of the other names.
std::vector<std::string> confidence_columns(const std::vector<std::string>& variables);

/// The name of a file's own column in the files below, where variables keep theirs: a column that
/// is called like one gives way, and p is statistics_p beside a variable p. stem: the file's.
std::string own_column(const std::string& stem, const std::string& column,
                       const std::vector<std::string>& variables);
inline constexpr const char* kStatisticsStem = "statistics";
inline constexpr const char* kComparisonStem = "compare";
inline constexpr const char* kExportStem = "export";

/// The header of statistics.csv: kTrialColumns, one column per variable, figure, seeds, blocks,
/// tokens, estimate, low, high, bootstrap_low, bootstrap_high, sd_text, sd_seed, p, p_holm, p_bh,
/// note.
std::vector<std::string> statistics_columns(const std::vector<std::string>& variables);
/// The header of documents.csv: kTrialColumns, one column per variable, document, window, tokens,
/// delta_nll, kl, residual_norm, residual_error, spearman_delta_nll, spearman_kl.
std::vector<std::string> documents_columns(const std::vector<std::string>& variables);
/// The header of entropy.csv: kTrialColumns, one column per variable, entropy_low, entropy_high,
/// tokens, delta_nll, then those of bin_columns().
std::vector<std::string> entropy_columns(const std::vector<std::string>& variables);
/// The header of effects.csv: kTrialColumns, one column per variable, metric, effect, a, b,
/// estimate, low, high, blocks, note, p, p_holm, design.
std::vector<std::string> effects_columns(const std::vector<std::string>& variables);
/// The header of searches.csv: kTrialColumns, one column per variable, metric, target, value,
/// reached, steps, state, estimate, value_low, value_high, seeds, note.
std::vector<std::string> searches_columns(const std::vector<std::string>& variables);
/// The header of twins.csv: kTrialColumns, one column per variable (the last of them `twin`),
/// seeds, kl, kl_low, kl_high, kl_ratio, kl_ratio_low, kl_ratio_high, p, p_holm, verdict, note.
std::vector<std::string> twins_columns(const std::vector<std::string>& variables);
/// The header of `compare --csv`: kTrialColumns, one column per variable, then of what the trial is
/// compared with against_id, against (its name), against_seed, the variables as against_NAME, then
/// kComparisonColumns.
std::vector<std::string> comparison_columns(const std::vector<std::string>& variables);
inline constexpr const char* kComparisonColumns[] = {
    "figure",        "seeds",          "against_seeds", "pairing",     "blocks",
    "all_blocks",    "tokens",         "difference",    "low",         "high",
    "bootstrap_low", "bootstrap_high", "se_text",       "se_seed",     "p",
    "p_holm",        "shown_from",     "verdict",       "ratio",       "ratio_low",
    "ratio_high",    "margin",         "p_equivalent",  "equivalence", "note"};
/// The header of `export --csv`: kTrialColumns, one column per variable, window, task, question,
/// choice, document, tokens, one per summed figure, bytes, correct, correct_norm.
std::vector<std::string> export_columns(const std::vector<std::string>& variables);

/// The columns of `show --format csv`: kTrialColumns, one column per variable, then `figures`,
/// those of results.csv that are shown.
std::vector<std::string> shown_columns(const std::vector<std::string>& variables,
                                       const std::vector<std::string>& figures);

/// The type of a column's values, which is the same in all files that have a column of the name.
enum class ColumnType { text, integer, real };
/// column: not a variable's, nor one that has given way. A name that is not known is a figure's.
ColumnType column_type(const std::string& column);

/// The fixed columns of results.csv, also as a table in SQLite, sites.csv and confidence.csv, and
/// kTwinVariable: a sweep variable may not have one of these names. Those of a site's place but
/// `site` are free.
std::vector<std::string> reserved_columns(const MetricRegistry& metrics);
/// The fixed columns of all files.
std::vector<std::string> fixed_columns(const MetricRegistry& metrics);
/// The columns that some file has besides its own because of a variable, and not under its name:
/// statistics_p of p, sites_layer of layer, against_r of r.
std::vector<std::string> columns_beside(const std::string& variable);
/// A column's name as SQL compares it: ASCII letters in lower case.
std::string sql_key(std::string name);

}  // namespace nf
