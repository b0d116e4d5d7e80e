#include "eval/metrics/mean_metric.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "eval/metrics/summed_figures.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

TEST(MeanMetric, IsTheSumOverTheScoredTokens) {
  const Metric metric = mean_metric("top1_agreement", 7, "how often");
  EXPECT_EQ(metric.name, "top1_agreement");
  EXPECT_EQ(metric.unit, "share of tokens");
  EXPECT_EQ(metric.summary, "how often");
  EXPECT_TRUE(metric.higher_is_better);
  EXPECT_EQ(metric.position, 7);
  EXPECT_EQ(metric.value({.sums = {.tokens = 8, .top1 = 6}}), 0.75);
}

TEST(MeanMetric, IsNoNumberWhereNoTokenIsScored) {
  EXPECT_TRUE(std::isnan(mean_metric("nll", 1, "").value({})));
}

TEST(MeanMetric, NeedsAFigureWithThatMean) {
  EXPECT_THROW(mean_metric("ppl", 1, ""), InternalError);
  EXPECT_THROW(mean_metric("top1", 1, ""), InternalError);
}

/// So that results.csv has what statistics.csv and comparisons have.
TEST(MeanMetric, IsThereOfEveryFigureThatHasAMean) {
  const MetricRegistry& metrics = builtin_metrics();
  for (const SummedFigure& figure : summed_figures()) {
    if (figure.mean == nullptr) continue;
    EXPECT_EQ(metrics.at(figure.mean).unit, figure.unit);
    EXPECT_EQ(metrics.at(figure.mean).higher_is_better, figure.higher_is_better);
  }
}

}  // namespace
}  // namespace nf
