#include "eval/analysis/statistics.h"

#include <algorithm>
#include <iterator>

#include "core/base/parallel.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

/// Tests one figure of all trials, which are a family of tests.
void add_tests(const std::string& figure, std::span<Statistic* const> statistics) {
  std::vector<Statistic*> tested;
  std::vector<double> p;
  for (Statistic* const statistic : statistics) {
    if (statistic->figure->name != figure) continue;
    statistic->p = p_value(statistic->estimate.mean);
    if (!statistic->p) continue;
    tested.push_back(statistic);
    p.push_back(*statistic->p);
  }
  const std::vector<double> holm = holm_adjusted(p), bh = benjamini_hochberg_adjusted(p);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    tested[i]->p_holm = holm[i];
    tested[i]->p_bh = bh[i];
  }
}

/// Resamples the figures of a line, those over the same blocks together.
void add_bootstraps(std::vector<Statistic>& line, Bootstraps& bootstraps) {
  std::map<Index, std::vector<Statistic*>> by_blocks;
  for (Statistic& statistic : line) {
    const FigureEstimate& estimate = statistic.estimate;
    // A bootstrap is of a fixed number of blocks; a stop rule on KL did not leave it fixed.
    if (estimate.interval && !estimate.stops) by_blocks[estimate.mean.blocks].push_back(&statistic);
  }
  for (const auto& [blocks, statistics] : by_blocks) {
    std::vector<BlockSums> figures;
    for (const Statistic* statistic : statistics)
      figures.push_back(add_rows(statistic->estimate.seeds));
    const auto texts = bootstraps.of(blocks).intervals(figures);
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (texts[i]) statistics[i]->bootstrap = with_seeds(*texts[i], statistics[i]->estimate.mean);
  }
}

/// The median; of an even number the upper one of the middle two.
double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

const BlockBootstrap& Bootstraps::of(Index blocks) {
  const std::lock_guard lock(mutex_);
  return by_blocks_.try_emplace(blocks, blocks).first->second;
}

std::vector<Statistic> line_statistics(const ResultLine& line, const ResultRow* baseline,
                                       const std::vector<Figure>& figures, Bootstraps& bootstraps) {
  std::vector<Statistic> statistics;
  for (const Figure& figure : figures) {
    if (auto estimate = estimate_figure(figure, line.samples(), baseline))
      statistics.push_back({.line = &line, .figure = &figure, .estimate = std::move(*estimate)});
  }
  add_bootstraps(statistics, bootstraps);
  for (Statistic& statistic : statistics) std::vector<BlockSums>().swap(statistic.estimate.seeds);
  return statistics;
}

void add_tests(std::span<Statistic* const> statistics) {
  for (const char* figure : {"delta_nll", "flips_difference"}) add_tests(figure, statistics);
}

std::vector<Statistic> statistics_of(const ModelLines& model, const std::vector<Figure>& figures) {
  std::vector<std::vector<Statistic>> by_line(model.lines.size());
  Bootstraps bootstraps;
  // Resampling is most of the work, so the threads share the lines out. The blocks of a line are
  // dropped with it: those of all lines would be a good part of the records.
  parallel_for(std::ssize(model.lines), [&](Index i) {
    const ResultLine& line = model.lines[static_cast<std::size_t>(i)];
    if (line.key().name == "baseline") return;
    by_line[static_cast<std::size_t>(i)] =
        line_statistics(line, model.baseline, figures, bootstraps);
  });
  std::vector<Statistic> statistics;
  for (std::vector<Statistic>& line : by_line)
    std::move(line.begin(), line.end(), std::back_inserter(statistics));
  std::vector<Statistic*> family;
  for (Statistic& statistic : statistics) family.push_back(&statistic);
  add_tests(family);
  return statistics;
}

std::optional<PlannedSpread> measured_spread(const std::vector<ResultRow>& rows) {
  std::vector<double> delta_nll, kl;
  for (const ModelLines& model : group_rows(rows)) {
    for (const ResultLine& line : model.lines) {
      for (const ResultRow* row : line.samples()) {
        const auto of_kl = estimate_figure(kl_figure(), {row}, model.baseline);
        const auto of_nll = estimate_figure(delta_nll_figure(), {row}, model.baseline);
        if (!of_kl || !of_kl->interval || !of_nll->interval) continue;
        const MeanEstimate& mean = of_kl->mean;
        const double tokens_of_block = mean.tokens / static_cast<double>(mean.blocks);
        const double sd = of_nll->mean.sd_text;
        delta_nll.push_back(sd * sd * tokens_of_block / (2.0 * mean.mean));
        kl.push_back(mean.sd_text / mean.mean);
      }
    }
  }
  if (kl.empty()) return std::nullopt;
  return PlannedSpread{.delta_nll = median(std::move(delta_nll)), .kl = median(std::move(kl))};
}

}  // namespace nf
