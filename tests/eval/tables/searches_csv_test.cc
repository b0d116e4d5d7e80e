#include "eval/tables/searches_csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/io/read_file.h"
#include "eval/plan/model_plan.h"
#include "eval/results/row_fields.h"
#include "eval/run/run_experiment.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

TEST(SearchesCsv, HasARowForEachSearchThatTookAStep) {
  const Threads threads(1);  // these models are too small to share out
  const ExperimentFiles files;
  const auto yaml = files.write_experiment(
      "  - {name: bear, each: layer, bisect: {range: [0.01, 0.02], target: {kl: 5}, max_steps: 3}, "
      "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
      "\"${bisect}\"}}]}\n");
  Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
  const ModelPlan untried(experiment, experiment.models[0], {});
  const FollowedSearches nothing(untried.rows(), {untried.identity()}, {});
  EXPECT_EQ(nothing.searches().size(), 2u);
  // The columns are there before a step is.
  const std::string header = searches_csv(nothing, {}, sweep_variables(nothing.keys()));
  EXPECT_TRUE(header.starts_with("id,name,model,seed,layer,bisect,metric,")) << header;
  EXPECT_EQ(searches_csv({}, {}, {}), "");
  Progress progress(stderr, Progress::Style::quiet);
  run_experiment(experiment, {.out = files / "out"}, progress);
  const auto rows = read_csv(files / "out/searches.csv");
  ASSERT_EQ(rows.size(), 4u);  // two layers of two models
  EXPECT_EQ(read_text_file(files / "out/searches.csv").substr(0, header.size()), header);
  const auto results = read_csv(files / "out/results.csv");
  EXPECT_EQ(rows[0].at("id"), results[1].at("id"));
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
    EXPECT_EQ(row.at("estimate"), "");
    EXPECT_EQ(row.at("note"), "the target lies above the range");
  }
}

TEST(SearchesCsv, HasARowOfAllSeeds) {
  const Threads threads(1);  // these models are too small to share out
  const ExperimentFiles files;
  const auto yaml = files.write_experiment(
      "  - {name: bear, repeat: 3, bisect: {range: [0.001, 2], target: {kl: 0.0005}}, "
      "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
      "\"${bisect}\"}}]}\n"
      "  - {name: drawless, repeat: 2, bisect: {range: [0.3, 0.99], target: {kl: 0.0005}, "
      "max_steps: "
      "2}, perturb: [{sites: {tensor: weight}, noise: clip, fraction_of_max: \"${bisect}\"}]}\n");
  Experiment experiment = Experiment::load(yaml.string(), {"data.windows=9"}, Kinds::builtin());
  Progress progress(stderr, Progress::Style::quiet);
  run_experiment(experiment, {.out = files / "out"}, progress);
  auto rows = read_csv(files / "out/searches.csv");
  ASSERT_EQ(rows.size(), 2u * (3 + 1 + 2));
  double log_mean = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows[i].at("seed"), std::to_string(i));
    EXPECT_EQ(rows[i].at("state"), "converged");
    EXPECT_EQ(rows[i].at("seeds"), "1");
    EXPECT_NEAR(std::stod(rows[i].at("estimate")), std::stod(rows[i].at("value")),
                0.05 * std::stod(rows[i].at("value")));
    EXPECT_LT(std::stod(rows[i].at("value_low")), std::stod(rows[i].at("estimate")));
    log_mean += std::log(std::stod(rows[i].at("estimate"))) / 3.0;
  }
  const auto& pooled = rows[3];
  for (const char* column : {"seed", "bisect", "value", "reached", "steps", "state"})
    EXPECT_EQ(pooled.at(column), "") << column;
  EXPECT_EQ(std::stod(pooled.at("target")), 0.0005);
  EXPECT_EQ(pooled.at("seeds"), "3");
  EXPECT_EQ(pooled.at("id"), rows[0].at("id"));
  EXPECT_NEAR(std::log(std::stod(pooled.at("estimate"))), log_mean, 1e-9);
  EXPECT_LT(std::stod(pooled.at("value_low")), std::stod(pooled.at("estimate")));
  EXPECT_GT(std::stod(pooled.at("value_high")), std::stod(pooled.at("estimate")));
  EXPECT_EQ(rows[5].at("name"), "drawless");  // without a row of seeds that are one
  EXPECT_EQ(rows[6].at("model"), "llama");
}

}  // namespace
}  // namespace nf
