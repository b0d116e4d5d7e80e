#include "eval/metrics/columns.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include "eval/design/execute_words.h"
#include "eval/design/twin_words.h"
#include "eval/metrics/detail.h"
#include "eval/metrics/summed_figures.h"

namespace nf {
namespace {

constexpr std::array<SiteFigure, 11> kSiteFigures = {{
    {"delta_relative_l2", [](const DistortionStats& stats) { return stats.relative_l2(); }, true},
    {"delta_sqnr_db", [](const DistortionStats& stats) { return stats.sqnr_db(); }, true},
    {"delta_max", [](const DistortionStats& stats) { return stats.max_abs_d; }, false},
    {"delta_mean", [](const DistortionStats& stats) { return stats.mean_error(); }, false},
    {"delta_kurtosis", [](const DistortionStats& stats) { return stats.kurtosis(); }, false},
    {"delta_cosine", [](const DistortionStats& stats) { return stats.cosine(); }, false},
    {"delta_correlation", [](const DistortionStats& stats) { return stats.size_correlation(); },
     false},
    {"delta_energy_below_median",
     [](const DistortionStats& stats) { return stats.energy_on_small(); }, false},
    {"delta_sign_flips", [](const DistortionStats& stats) { return stats.sign_flip_rate(); },
     false},
    {"delta_to_zero", [](const DistortionStats& stats) { return stats.to_zero_rate(); }, false},
    {"delta_clipped", [](const DistortionStats& stats) { return stats.clipped_rate(); }, true},
}};

void append(const std::vector<std::string>& more, std::vector<std::string>& columns) {
  columns.insert(columns.end(), more.begin(), more.end());
}

void append_new(const std::vector<std::string>& more, std::vector<std::string>& columns) {
  for (const std::string& column : more)
    if (std::find(columns.begin(), columns.end(), column) == columns.end())
      columns.push_back(column);
}

bool contains(std::span<const char* const> names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The columns that say where a site lies.
constexpr const char* kPlaceColumns[] = {"layer", "role", "tensor", "site"};
constexpr const char* kNoteColumns[] = {"axis", "group", "ratio", "damping", "kept"};

/// A column of sites.csv that gives way to a variable of its name.
bool is_of_site(const std::string& column) {
  return contains(kPlaceColumns, column) || contains(kNoteColumns, column);
}

constexpr const char* kTextColumns[] = {
    "id",   "name",   "model",   "status",     "below_floor", "stopped", "role",   "tensor",
    "site", "figure", "note",    "metric",     "effect",      "a",       "b",      "design",
    "task", "state",  "pairing", "against_id", "against",     "verdict", "margin", "equivalence",
    "axis", "kept",   "trial",   "text",       "statistic"};
constexpr const char* kIntegerColumns[] = {
    "trial_id",      "seed",       "tokens",       "windows",  "layer",    "elements",
    "seeds",         "blocks",     "steps",        "window",   "question", "against_seed",
    "against_seeds", "all_blocks", "choice",       "document", "bytes",    "greedy",
    "top1",          "correct",    "correct_norm", "group",    "index"};

constexpr const char* kArmColumns[] = {"delta_nll_execute",      "delta_nll_execute_low",
                                       "delta_nll_execute_high", "delta_kl_execute",
                                       "delta_kl_execute_low",   "delta_kl_execute_high"};

std::vector<std::string> trial_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> columns(std::begin(kTrialColumns), std::end(kTrialColumns));
  append(variables, columns);
  return columns;
}

/// own: the columns of a file behind the variables, which they give way to.
std::vector<std::string> columns_around(const std::string& stem,
                                        const std::vector<std::string>& variables,
                                        const std::vector<std::string>& own) {
  std::vector<std::string> columns = trial_columns(variables);
  for (const std::string& column : own) columns.push_back(own_column(stem, column, variables));
  return columns;
}

}  // namespace

std::span<const SiteFigure> site_figures() { return kSiteFigures; }

std::span<const char* const> site_notes() { return kNoteColumns; }

std::vector<std::string> results_columns(const MetricRegistry& metrics,
                                         const std::vector<TaskHeading>& tasks,
                                         const std::vector<std::string>& variables) {
  std::vector<std::string> columns = trial_columns({});
  for (const Metric& metric : metrics.metrics()) columns.push_back(metric.name);
  append({"delta_nll", "delta_nll_low", "delta_nll_high", "kl_low", "kl_high", "kl_floor",
          "below_floor"},
         columns);
  for (const TaskHeading& task : tasks) append(task_columns(task), columns);
  append({"tokens", "windows", "status", "stopped", "relative_l2_weight", "relative_l2_input",
          "kl_per_r2"},
         columns);
  if (std::find(variables.begin(), variables.end(), kExecuteVariable) != variables.end())
    append({std::begin(kArmColumns), std::end(kArmColumns)}, columns);
  append(variables, columns);
  return columns;
}

std::vector<std::string> sites_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> own(std::begin(kPlaceColumns), std::end(kPlaceColumns));
  own.emplace_back("elements");
  for (const SiteFigure& figure : kSiteFigures) own.emplace_back(figure.column);
  append({std::begin(kNoteColumns), std::end(kNoteColumns)}, own);
  return columns_around("sites", variables, own);
}

std::vector<std::string> confidence_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> columns = trial_columns(variables);
  append({"bin_low", "bin_high", "tokens"}, columns);
  for (const BinColumn& column : bin_columns({})) columns.emplace_back(column.name);
  return columns;
}

std::string own_column(const std::string& stem, const std::string& column,
                       const std::vector<std::string>& variables) {
  const bool is_taken = std::find(variables.begin(), variables.end(), column) != variables.end();
  return is_taken ? stem + '_' + column : column;
}

std::vector<std::string> statistics_columns(const std::vector<std::string>& variables) {
  return columns_around(
      kStatisticsStem, variables,
      {"figure", "seeds", "blocks", "tokens", "estimate", "low", "high", "bootstrap_low",
       "bootstrap_high", "sd_text", "sd_seed", "p", "p_holm", "p_bh", "note"});
}

std::vector<std::string> documents_columns(const std::vector<std::string>& variables) {
  return columns_around("documents", variables,
                        {"document", "window", "tokens", "delta_nll", "kl", "residual_norm",
                         "residual_error", "spearman_delta_nll", "spearman_kl"});
}

std::vector<std::string> entropy_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> own = {"entropy_low", "entropy_high", "tokens", "delta_nll"};
  for (const BinColumn& column : bin_columns({})) own.emplace_back(column.name);
  return columns_around("entropy", variables, own);
}

std::vector<std::string> effects_columns(const std::vector<std::string>& variables) {
  return columns_around("effects", variables,
                        {"metric", "effect", "a", "b", "estimate", "low", "high", "blocks", "note",
                         "p", "p_holm", "design"});
}

std::vector<std::string> searches_columns(const std::vector<std::string>& variables) {
  return columns_around("searches", variables,
                        {"metric", "target", "value", "reached", "steps", "state", "estimate",
                         "value_low", "value_high", "seeds", "note"});
}

std::vector<std::string> twins_columns(const std::vector<std::string>& variables) {
  return columns_around("twins", variables,
                        {"seeds", "kl", "kl_low", "kl_high", "kl_ratio", "kl_ratio_low",
                         "kl_ratio_high", "p", "p_holm", "verdict", "note"});
}

std::vector<std::string> comparison_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> taken = variables;
  for (const std::string& variable : variables) taken.push_back("against_" + variable);
  std::vector<std::string> columns = trial_columns(variables);
  const auto add = [&](const char* own) {
    columns.push_back(own_column(kComparisonStem, own, taken));
  };
  for (const char* own : {"against_id", "against", "against_seed"}) add(own);
  columns.insert(columns.end(), taken.begin() + std::ssize(variables), taken.end());
  for (const char* own : kComparisonColumns) add(own);
  return columns;
}

std::vector<std::string> export_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> own = {"window", "task", "question", "choice", "document", "tokens"};
  for (const SummedFigure& figure : summed_figures()) own.emplace_back(figure.name);
  append({"bytes", "correct", "correct_norm"}, own);
  return columns_around(kExportStem, variables, own);
}

std::vector<std::string> shown_columns(const std::vector<std::string>& variables,
                                       const std::vector<std::string>& figures) {
  return columns_around("show", variables, figures);
}

ColumnType column_type(const std::string& column) {
  if (contains(kTextColumns, column)) return ColumnType::text;
  return contains(kIntegerColumns, column) ? ColumnType::integer : ColumnType::real;
}

std::vector<std::string> reserved_columns(const MetricRegistry& metrics) {
  std::vector<std::string> columns = results_columns(metrics, {}, {});
  append_new({"trial_id", kTwinVariable}, columns);
  append_new({std::begin(kArmColumns), std::end(kArmColumns)}, columns);
  append_new(sites_columns({}), columns);
  append_new(confidence_columns({}), columns);
  std::erase_if(columns,
                [](const std::string& column) { return is_of_site(column) && column != "site"; });
  return columns;
}

std::vector<std::string> fixed_columns(const MetricRegistry& metrics) {
  std::vector<std::string> columns = reserved_columns(metrics);
  for (const auto& others : {sites_columns({}), statistics_columns({}), effects_columns({}),
                             searches_columns({}), twins_columns({}), documents_columns({}),
                             entropy_columns({}), comparison_columns({}), export_columns({})})
    append_new(others, columns);
  return columns;
}

std::vector<std::string> columns_beside(const std::string& variable) {
  std::vector<std::string> beside;
  for (const auto columns_of :
       {sites_columns, statistics_columns, effects_columns, searches_columns, twins_columns,
        documents_columns, entropy_columns, comparison_columns, export_columns}) {
    const std::vector<std::string> without = columns_of({});
    std::vector<std::string> with = columns_of({variable});
    std::erase_if(with, [&](const std::string& column) {
      return column == variable ||
             std::find(without.begin(), without.end(), column) != without.end();
    });
    append_new(with, beside);
  }
  return beside;
}

std::string sql_key(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

}  // namespace nf
