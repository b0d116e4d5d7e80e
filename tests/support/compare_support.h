#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "eval/analysis/compare.h"
#include "tests/support/row_keys.h"
#include "tests/support/synthetic_kl.h"

namespace nf {

inline constexpr Index kWindowTokens = 100;

/// A row with one window per figure: kl as given, nll half of it above 3, kl_reverse twice it; one
/// position in ten has another top-1.
inline ResultRow compared_row(const std::string& name, const std::string& id,
                              const std::vector<double>& kl, const Json& vars = Json::object(),
                              std::optional<std::uint64_t> seed = 0) {
  ResultRow row{.key = {.id = id, .name = name, .model = "m", .seed = seed, .vars = vars}};
  for (const double figure : kl)
    row.windows.push_back({.window = std::ssize(row.windows),
                           .sums = {.tokens = kWindowTokens,
                                    .nll = (3.0 + 0.5 * figure) * kWindowTokens,
                                    .kl = figure * kWindowTokens,
                                    .kl_reverse = 2.0 * figure * kWindowTokens,
                                    .top1 = kWindowTokens - 10}});
  row.text = add_up(row.windows);
  return row;
}

inline ResultRow compared_baseline(std::size_t windows) {
  return compared_row("baseline", "b", std::vector<double>(windows, 0.0), Json::object(),
                      std::nullopt);
}

/// The figures of a text's windows, `mean` on average, and those of the same text scattered anew.
inline std::vector<double> window_figures(double mean, std::size_t windows, std::uint64_t seed) {
  SyntheticKl random(0.0, 0.0, seed);
  std::vector<double> figures;
  for (std::size_t i = 0; i < windows; ++i) figures.push_back(mean + 0.1 * random.normal());
  return figures;
}
inline std::vector<double> added(std::vector<double> figures, double shift, double spread,
                                 std::uint64_t seed) {
  SyntheticKl random(0.0, 0.0, seed);
  for (double& figure : figures) figure += shift + spread * random.normal();
  return figures;
}

/// Compares the trials of these rows that are named as on the command line.
inline TrialComparison comparison_of(const std::vector<ResultRow>& rows,
                                     const std::vector<std::string>& trials,
                                     const std::vector<TaskHeading>& tasks = {}) {
  const std::vector<RowKey> keys = keys_of(rows);
  std::vector<TrialSelector> selectors;
  for (const std::string& trial : trials) selectors.push_back(parse_trial_selector(trial, keys));
  return compare_trials(rows, keys, tasks, selectors);
}

inline const ComparedFigure& figure(const LineComparison& line, const std::string& name) {
  for (const ComparedFigure& figure : line.figures)
    if (figure.name == name) return figure;
  throw std::runtime_error("no figure " + name);
}

/// The comparisons of the only model.
inline std::vector<LineComparison> lines_of(const std::vector<ResultRow>& rows,
                                            const std::vector<std::string>& trials) {
  const TrialComparison comparison = comparison_of(rows, trials);
  return comparison.models.front().lines;
}

}  // namespace nf
