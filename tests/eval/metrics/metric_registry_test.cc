#include "eval/metrics/metric_registry.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

Metric metric_of(const std::string& name, int position) {
  return {.name = name,
          .unit = "",
          .summary = "",
          .position = position,
          .value = [](const TextSums& text) { return text.sums.nll; }};
}

std::vector<std::string> names_of(const MetricRegistry& registry) {
  std::vector<std::string> names;
  for (const Metric& metric : registry.metrics()) names.push_back(metric.name);
  return names;
}

TEST(MetricRegistry, HasTheBuiltinMetricsInTheOrderOfTheirColumns) {
  EXPECT_EQ(names_of(builtin_metrics()),
            (std::vector<std::string>{"nll", "ppl", "kl", "kl_reverse", "top1_agreement",
                                      "bits_per_byte", "kl_p50", "kl_p99", "kl_p999", "kl_max",
                                      "flips_lost", "flips_gained"}));
}

TEST(MetricRegistry, SortsByPositionAndThenByName) {
  MetricRegistry registry;
  for (const Metric& metric :
       {metric_of("d", 2), metric_of("b", 1), metric_of("c", 2), metric_of("a", 3)})
    registry.add(metric);
  EXPECT_EQ(names_of(registry), (std::vector<std::string>{"b", "c", "d", "a"}));
}

TEST(MetricRegistry, RefusesANameGivenTwiceAndOneItDoesNotHave) {
  MetricRegistry registry;
  registry.add(metric_of("a", 1));
  EXPECT_THROW(registry.add(metric_of("a", 2)), InternalError);
  EXPECT_EQ(registry.at("a").position, 1);
  EXPECT_THROW(registry.at("b"), InternalError);
}

}  // namespace
}  // namespace nf
