#include "eval/metrics/mean_metric.h"

#include "core/base/check.h"
#include "eval/metrics/summed_figures.h"

namespace nf {

Metric mean_metric(const std::string& mean, int position, const std::string& summary) {
  const SummedFigure* const figure = find_summed_mean(mean);
  NF_CHECK(figure != nullptr, "no summed figure has the mean {}", mean);
  return {.name = mean,
          .unit = figure->unit,
          .summary = summary,
          .higher_is_better = figure->higher_is_better,
          .position = position,
          .value = [figure](const TextSums& text) { return figure->mean_of(text.sums); }};
}

}  // namespace nf
