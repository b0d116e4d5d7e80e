#include "eval/metrics/columns.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "eval/metrics/detail.h"
#include "eval/metrics/summed_figures.h"

namespace nf {
namespace {

constexpr std::array<SiteFigure, 11> kSiteFigures = {{
    {"relative_l2", [](const DistortionStats& stats) { return stats.relative_l2(); }, true},
    {"sqnr_db", [](const DistortionStats& stats) { return stats.sqnr_db(); }, true},
    {"max", [](const DistortionStats& stats) { return stats.max_abs_d; }, false},
    {"mean", [](const DistortionStats& stats) { return stats.mean_error(); }, false},
    {"kurtosis", [](const DistortionStats& stats) { return stats.kurtosis(); }, false},
    {"cosine", [](const DistortionStats& stats) { return stats.cosine(); }, false},
    {"correlation", [](const DistortionStats& stats) { return stats.size_correlation(); }, false},
    {"energy_below_median", [](const DistortionStats& stats) { return stats.energy_on_small(); },
     false},
    {"sign_flips", [](const DistortionStats& stats) { return stats.sign_flip_rate(); }, false},
    {"to_zero", [](const DistortionStats& stats) { return stats.to_zero_rate(); }, false},
    {"clipped", [](const DistortionStats& stats) { return stats.clipped_rate(); }, true},
}};

void append(const std::vector<std::string>& more, std::vector<std::string>& columns) {
  columns.insert(columns.end(), more.begin(), more.end());
}

void append_new(const std::vector<std::string>& more, std::vector<std::string>& columns) {
  for (const std::string& column : more)
    if (std::find(columns.begin(), columns.end(), column) == columns.end())
      columns.push_back(column);
}

}  // namespace

std::vector<std::string> columns_around(const std::vector<std::string>& variables,
                                        const std::vector<std::string>& first,
                                        const std::vector<std::string>& last) {
  const auto contains = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<std::string> columns = first;
  for (const std::string& variable : variables)
    columns.push_back(contains(first, variable) || contains(last, variable) ? "var_" + variable
                                                                            : variable);
  append(last, columns);
  return columns;
}

std::span<const SiteFigure> site_figures() { return kSiteFigures; }

std::vector<std::string> results_columns(const MetricRegistry& metrics,
                                         const std::vector<TaskHeading>& tasks,
                                         const std::vector<std::string>& variables) {
  std::vector<std::string> columns = {"name", "model", "seed"};
  for (const Metric& metric : metrics.metrics()) columns.push_back(metric.name);
  append({"delta_nll", "delta_nll_low", "delta_nll_high", "kl_low", "kl_high", "kl_floor",
          "below_floor"},
         columns);
  for (const TaskHeading& task : tasks) append(task_columns(task), columns);
  append({"tokens", "windows", "status", "stopped", "relative_l2_weight", "relative_l2_input"},
         columns);
  append(variables, columns);
  return columns;
}

std::vector<std::string> sites_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> figures = {"site", "elements"};
  for (const SiteFigure& figure : kSiteFigures) figures.emplace_back(figure.column);
  return columns_around(variables, {"name", "model", "seed"}, figures);
}

std::vector<std::string> statistics_columns(const std::vector<std::string>& variables) {
  return columns_around(
      variables, {"name", "model"},
      {"figure", "seeds", "blocks", "tokens", "estimate", "low", "high", "bootstrap_low",
       "bootstrap_high", "sd_text", "sd_seed", "p", "p_holm", "p_bh", "note"});
}

std::vector<std::string> effects_columns(const std::vector<std::string>& variables) {
  return columns_around(variables, {"model", "name"},
                        {"metric", "effect", "a", "b", "estimate", "low", "high", "blocks", "note",
                         "p", "p_holm", "design"});
}

std::vector<std::string> confidence_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> columns = {"name", "model", "seed"};
  append(variables, columns);
  append({"bin_low", "bin_high", "tokens"}, columns);
  for (const BinColumn& column : bin_columns({})) columns.emplace_back(column.name);
  return columns;
}

std::vector<std::string> searches_columns(const std::vector<std::string>& variables) {
  return columns_around(variables, {"name", "model", "seed"},
                        {"metric", "target", "value", "reached", "steps", "state", "estimate",
                         "value_low", "value_high", "seeds", "note"});
}

std::vector<std::string> comparison_columns(const std::vector<std::string>& variables,
                                            const std::vector<std::string>& against_variables) {
  std::vector<std::string> last = {"against"};
  for (const std::string& variable : against_variables) last.push_back("against_" + variable);
  last.insert(last.end(), std::begin(kComparisonColumns), std::end(kComparisonColumns));
  return columns_around(variables, {"name", "model"}, last);
}

std::vector<std::string> export_columns() {
  std::vector<std::string> columns = {"id",     "window",   "task",  "question",
                                      "choice", "document", "tokens"};
  for (const SummedFigure& figure : summed_figures()) columns.emplace_back(figure.name);
  append({"bytes", "correct", "correct_norm"}, columns);
  return columns;
}

std::vector<std::string> reserved_columns(const MetricRegistry& metrics) {
  std::vector<std::string> columns = results_columns(metrics, {}, {});
  append_new({"trial_id"}, columns);
  append_new(sites_columns({}), columns);
  append_new(confidence_columns({}), columns);
  return columns;
}

std::vector<std::string> fixed_columns(const MetricRegistry& metrics) {
  std::vector<std::string> columns = reserved_columns(metrics);
  for (const auto& others : {statistics_columns({}), effects_columns({}), searches_columns({}),
                             comparison_columns({}, {}), export_columns()})
    append_new(others, columns);
  return columns;
}

std::string sql_key(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

}  // namespace nf
