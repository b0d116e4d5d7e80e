#include <algorithm>
#include <array>

#include "eval/report/csv.h"
#include "eval/run/results.h"

namespace nf {
namespace {

constexpr std::array<const char*, 11> kResultColumns = {"name",
                                                        "model",
                                                        "seed",
                                                        "nll",
                                                        "ppl",
                                                        "kl",
                                                        "top1_agreement",
                                                        "tokens",
                                                        "status",
                                                        "relative_l2_weight",
                                                        "relative_l2_input"};

/// A figure of sites.csv.
struct SiteFigure {
  const char* column;
  double (*value)(const DistortionStats&);
  bool always;  ///< also where the statistics are not complete
};

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

/// Names of all sweep variables, in order of first appearance.
std::vector<std::string> variables_of(const std::vector<ResultRow>& rows) {
  std::vector<std::string> names;
  for (const ResultRow& row : rows)
    for (const auto& [name, value] : row.key.vars.items())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

std::string seed_field(const RowKey& key) { return key.seed ? std::to_string(*key.seed) : ""; }

void append_variables(const RowKey& key, const std::vector<std::string>& variables,
                      std::vector<std::string>& fields) {
  for (const std::string& name : variables) {
    const auto found = key.vars.find(name);
    fields.push_back(found == key.vars.end() ? "" : csv_value(*found));
  }
}

std::string optional_number(const std::optional<double>& value) {
  return value ? csv_number(*value) : "";
}

}  // namespace

const std::vector<std::string>& result_columns() {
  static const std::vector<std::string> columns = [] {
    std::vector<std::string> all(kResultColumns.begin(), kResultColumns.end());
    all.insert(all.end(), {"site", "elements"});
    for (const SiteFigure& figure : kSiteFigures) all.emplace_back(figure.column);
    return all;
  }();
  return columns;
}

std::string results_csv(const std::vector<ResultRow>& rows) {
  const std::vector<std::string> variables = variables_of(rows);
  std::vector<std::string> columns(kResultColumns.begin(), kResultColumns.end());
  columns.insert(columns.end(), variables.begin(), variables.end());
  CsvText csv(columns);
  for (const ResultRow& row : rows) {
    std::vector<std::string> fields = {row.key.name, row.key.model, seed_field(row.key)};
    for (const double figure : {row.nll(), row.ppl(), row.kl(), row.top1_agreement()})
      fields.push_back(row.failed() ? "" : csv_number(figure));
    fields.push_back(std::to_string(row.sums.tokens));
    fields.push_back(row.status);
    fields.push_back(optional_number(row.relative_l2_weight));
    fields.push_back(optional_number(row.relative_l2_input));
    append_variables(row.key, variables, fields);
    csv.add_row(fields);
  }
  return csv.text();
}

std::string sites_csv(const std::vector<ResultRow>& rows) {
  const std::vector<std::string> variables = variables_of(rows);
  std::vector<std::string> columns = {"name", "model", "seed"};
  columns.insert(columns.end(), variables.begin(), variables.end());
  columns.insert(columns.end(), {"site", "elements"});
  for (const SiteFigure& figure : kSiteFigures) columns.emplace_back(figure.column);
  CsvText csv(columns);
  for (const ResultRow& row : rows) {
    for (const SiteStats& site : row.sites) {
      std::vector<std::string> fields = {row.key.name, row.key.model, seed_field(row.key)};
      append_variables(row.key, variables, fields);
      fields.push_back(site.site);
      fields.push_back(std::to_string(site.stats.count));
      for (const SiteFigure& figure : kSiteFigures)
        fields.push_back(site.complete || figure.always ? csv_number(figure.value(site.stats))
                                                        : "");
      csv.add_row(fields);
    }
  }
  return csv.text();
}

}  // namespace nf
