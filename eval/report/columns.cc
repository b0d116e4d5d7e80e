#include "eval/report/columns.h"

#include <algorithm>
#include <array>

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

}  // namespace

std::span<const SiteFigure> site_figures() { return kSiteFigures; }

std::vector<std::string> results_columns(const MetricRegistry& metrics,
                                         const std::vector<TaskHeading>& tasks,
                                         const std::vector<std::string>& variables) {
  std::vector<std::string> columns = {"name", "model", "seed"};
  for (const Metric& metric : metrics.metrics()) columns.push_back(metric.name);
  for (const TaskHeading& task : tasks) append(task_columns(task), columns);
  append({"tokens", "status", "relative_l2_weight", "relative_l2_input"}, columns);
  append(variables, columns);
  return columns;
}

std::vector<std::string> sites_columns(const std::vector<std::string>& variables) {
  std::vector<std::string> columns = {"name", "model", "seed"};
  append(variables, columns);
  append({"site", "elements"}, columns);
  for (const SiteFigure& figure : kSiteFigures) columns.emplace_back(figure.column);
  return columns;
}

std::vector<std::string> result_columns(const MetricRegistry& metrics) {
  std::vector<std::string> columns = results_columns(metrics, {}, {});
  for (const std::string& column : sites_columns({}))
    if (std::find(columns.begin(), columns.end(), column) == columns.end())
      columns.push_back(column);
  return columns;
}

}  // namespace nf
