#include "eval/analysis/document_damage.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eval/metrics/summed_figures.h"
#include "eval/results/baseline_windows.h"
#include "eval/results/figures.h"
#include "eval/stats/spearman.h"

namespace nf {
namespace {

/// What a block is made of.
struct BlockParts {
  FigureBlocks::key_type name{};
  PartSums trial{}, untouched{};
};

/// The sums of a trial and of its baseline over the windows that both have, by block.
std::vector<BlockParts> block_sums(const ResultRow& row, const ResultRow& baseline) {
  std::vector<BlockParts> blocks;
  blocks.reserve(row.windows.size());
  BaselineWindows of_baseline(baseline);
  for (const WindowSums& window : row.windows) {
    const PartSums* const untouched = of_baseline.find(window.window);
    if (untouched == nullptr || window.sums.tokens == 0) continue;
    const FigureBlocks::key_type name = block_name(window);
    auto place = blocks.end();  // windows come in the order of the text
    if (!blocks.empty() && !(blocks.back().name < name))
      place = std::lower_bound(
          blocks.begin(), blocks.end(), name,
          [](const BlockParts& block, const auto& other) { return block.name < other; });
    if (place == blocks.end() || place->name != name) place = blocks.insert(place, {.name = name});
    place->trial.add(window.sums);
    place->untouched.add(*untouched);
  }
  return blocks;
}

double mean_of(const char* mean, const PartSums& trial, const PartSums& baseline) {
  return find_summed_mean(mean)->difference_of(trial, baseline) / static_cast<double>(trial.tokens);
}

}  // namespace

std::vector<DocumentDamage> document_damages(const ResultRow& row, const ResultRow& baseline) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<DocumentDamage> lines;
  for (const auto& [name, trial, untouched] : block_sums(row, baseline)) {
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
