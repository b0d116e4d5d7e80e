#include "eval/run/searches_csv.h"

#include <gtest/gtest.h>

#include "eval/plan/model_plan.h"
#include "eval/run/run_experiment.h"
#include "tests/support/experiment_files.h"

namespace nf {
namespace {

TEST(SearchesCsv, HasARowForEachSearchThatTookAStep) {
  const ExperimentFiles files;
  const auto yaml = files.write_experiment(
      "  - {name: bear, each: layer, bisect: {range: [0.01, 0.02], target: {kl: 5}, max_steps: 3}, "
      "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
      "\"${bisect}\"}}]}\n");
  Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
  const ModelPlan untried(experiment, experiment.models[0], {});
  const FollowedSearches nothing(untried.rows(), {untried.identity()}, {});
  EXPECT_EQ(nothing.searches().size(), 2u);
  EXPECT_EQ(searches_csv(nothing, {}), "");
  Progress progress(stderr, Progress::Style::quiet);
  run_experiment(experiment, {.out = files / "out"}, progress);
  const auto rows = read_csv(files / "out/searches.csv");
  ASSERT_EQ(rows.size(), 4u);  // two layers of two models
  EXPECT_EQ(rows[0].at("name"), "bear");
  EXPECT_EQ(rows[0].at("model"), "opt");
  EXPECT_EQ(rows[1].at("layer"), "1");
  EXPECT_EQ(rows[3].at("model"), "llama");
  for (const auto& row : rows) {
    EXPECT_EQ(row.at("metric"), "kl");
    EXPECT_EQ(row.at("target"), "5");
    EXPECT_EQ(row.at("value"), "0.02");  // as far as the range goes
    EXPECT_EQ(row.at("state"), "above_range");
    EXPECT_LE(std::stoi(row.at("steps")), 3);
  }
}

}  // namespace
}  // namespace nf
