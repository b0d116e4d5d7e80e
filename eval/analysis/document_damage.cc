#include "eval/analysis/document_damage.h"

#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "eval/metrics/summed_figures.h"
#include "eval/results/figures.h"
#include "eval/stats/spearman.h"

namespace nf {
namespace {

using Sums = std::map<std::pair<Index, Index>, std::pair<PartSums, PartSums>>;

/// The sums of a trial and of its baseline over the windows that both have, by block.
Sums block_sums(const ResultRow& row, const ResultRow& baseline) {
  std::unordered_map<Index, const PartSums*> of_baseline;
  for (const WindowSums& window : baseline.windows) of_baseline[window.window] = &window.sums;
  Sums sums;
  for (const WindowSums& window : row.windows) {
    const auto found = of_baseline.find(window.window);
    if (found == of_baseline.end() || window.sums.tokens == 0) continue;
    auto& [trial, untouched] = sums[block_name(window)];
    trial.add(window.sums);
    untouched.add(*found->second);
  }
  return sums;
}

double mean_of(const char* mean, const PartSums& trial, const PartSums& baseline) {
  return find_summed_mean(mean)->difference_of(trial, baseline) / static_cast<double>(trial.tokens);
}

}  // namespace

std::vector<DocumentDamage> document_damages(const ResultRow& row, const ResultRow& baseline) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<DocumentDamage> lines;
  for (const auto& [name, sums] : block_sums(row, baseline)) {
    const auto& [trial, untouched] = sums;
    DocumentDamage& line = lines.emplace_back(DocumentDamage{.name = name});
    line.tokens = static_cast<double>(trial.tokens);
    line.delta_nll = mean_of("nll", trial, untouched);
    line.kl = mean_of("kl", trial, untouched);
    const double energy = untouched.lacks_residual ? kUnknown : untouched.residual;
    line.residual_norm = std::sqrt(energy / line.tokens);
    line.residual_error = trial.lacks_residual_error ? kUnknown : trial.residual_error / energy;
  }
  return lines;
}

std::optional<double> correlation_with_residual(const std::vector<DocumentDamage>& lines,
                                                double DocumentDamage::*figure) {
  std::vector<double> norms, values;
  for (const DocumentDamage& line : lines) {
    if (std::isnan(line.residual_norm)) return std::nullopt;
    norms.push_back(line.residual_norm);
    values.push_back(line.*figure);
  }
  return spearman(norms, values);
}

}  // namespace nf
