#include "eval/plan/wave_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

/// Three windows, each a batch of its own, on two threads.
class WaveCosts : public testing::Test {
 protected:
  static constexpr Index kRows = 512, kWindows = 3;

  WaveCosts() {
    tiny_llama().write(dir_.path());
    decoder_.emplace(open_decoder(dir_.path()));
  }
  const DecoderSpec& spec() const { return decoder_->spec(); }

  /// The cost of a wave of the baseline and these trials.
  WaveCost cost(const std::vector<std::string>& entries, bool measures_weights = true,
                Execution arm = Execution::simulated) {
    std::vector<ModelTrial> own;
    for (const std::string& entry : entries) {
      Trial trial = make_trials(entry).front();
      trial.execute = arm;
      own.emplace_back(trial, spec());
    }
    PathNumbers numbers;
    std::vector<TrialPath> paths = {TrialPath::untouched(spec())};
    for (const ModelTrial& trial : own) paths.push_back(numbers.path(trial, spec()));
    std::vector<const TrialPath*> wave;
    for (const TrialPath& path : paths) wave.push_back(&path);
    std::vector<const ModelTrial*> trials = {nullptr};
    for (const ModelTrial& trial : own) trials.push_back(&trial);
    const LaneTree tree(wave);
    const Stage stage(0, kWindows);
    return wave_cost({.spec = spec(),
                      .items = set_.items,
                      .stage = stage,
                      .tree = tree,
                      .paths = wave,
                      .trials = trials,
                      .measures_weights = measures_weights,
                      .threads = 2},
                     {}, &kinds_);
  }
  double weight_values(const std::vector<Role>& roles) const {
    double values = 0.0;
    for (const LinearTensors& linear : spec().block(0).linears)
      if (std::find(roles.begin(), roles.end(), linear.role) != roles.end())
        values += static_cast<double>(linear.out * linear.in);
    return values;
  }
  static double sum(const KindWork& work) {
    double all = 0.0;
    for (const auto& [kind, values] : work) all += values;
    return all;
  }

  TempDir dir_;
  std::optional<Decoder> decoder_;
  EvalSet set_ = window_set(random_ids(kWindows * kRows, 300), {.context = kRows});
  DistortionKinds kinds_;
};

TEST_F(WaveCosts, ThreeBatchesKeepTwoThreadsBusyAsLongAsFour) {
  const WaveCost alone = cost({});
  EXPECT_DOUBLE_EQ(alone.block_work, alone.block_flops * 4.0 / 3.0);
  // The same inputs go wrong in two ways: six batches side by side, and the baseline's three.
  const WaveCost inputs = cost({"{sites: {tensor: input, layers: 0}, noise: clip, quantile: 0.9}"});
  EXPECT_GE(inputs.block_work, inputs.block_flops);
  EXPECT_LT(inputs.block_work / inputs.block_flops, 4.0 / 3.0);
}

TEST_F(WaveCosts, ProductsOfIntegersAreCountedApart) {
  const auto rounded = [](const std::string& sites) {
    return "{sites: {tensor: weight" + sites +
           "}, grid: uniform, bits: 8, granularity: channel}, {sites: {tensor: input" + sites +
           "}, grid: uniform, bits: 8, granularity: token}";
  };
  const WaveCost simulated = cost({rounded("")});
  EXPECT_EQ(simulated.integer_work, 0.0);
  const WaveCost all = cost({rounded("")}, true, Execution::integer);
  // The lane's passes; the baseline's stay as they are.
  EXPECT_DOUBLE_EQ(all.integer_flops, all.block_flops / 2.0);
  EXPECT_DOUBLE_EQ(all.block_work + all.integer_work, simulated.block_work);
  const WaveCost one = cost({rounded(", layers: 0, roles: down_proj")}, true, Execution::integer);
  const double share = weight_values({Role::down_proj}) /
                       weight_values({Role::q_proj, Role::k_proj, Role::v_proj, Role::o_proj,
                                      Role::gate_proj, Role::up_proj, Role::down_proj});
  const double layers = static_cast<double>(spec().num_hidden_layers);
  EXPECT_DOUBLE_EQ(one.integer_flops, share * all.integer_flops / layers);
}

TEST_F(WaveCosts, AWeightAloneIsMadeByOneThread) {
  const std::string noise = ", noise: gaussian, strength: {relative_l2: 0.1}}";
  const double one = weight_values({Role::down_proj});
  const WaveCost cost_of_one =
      cost({"{sites: {tensor: weight, roles: down_proj, layers: 0}" + noise});
  EXPECT_DOUBLE_EQ(cost_of_one.distorted_weights, one);
  EXPECT_DOUBLE_EQ(sum(cost_of_one.measured_weights), 2.0 * one);
  EXPECT_DOUBLE_EQ(cost_of_one.packing_work, 2.0 * one);
  EXPECT_TRUE(cost_of_one.weights.empty());
  const WaveCost later =
      cost({"{sites: {tensor: weight, roles: down_proj, layers: 0}" + noise}, false);
  EXPECT_DOUBLE_EQ(sum(later.weights), 2.0 * one);
  EXPECT_TRUE(later.measured_weights.empty());
  // Gate and up are equal: a thread each.
  const WaveCost of_two =
      cost({"{sites: {tensor: weight, roles: [gate_proj, up_proj], layers: 0}" + noise});
  EXPECT_DOUBLE_EQ(sum(of_two.measured_weights), weight_values({Role::gate_proj, Role::up_proj}));
}

TEST_F(WaveCosts, AnInputThatSeveralRolesReadIsDistortedOnce) {
  const WaveCost all = cost({"{sites: {tensor: input, layers: 0}, noise: clip, quantile: 0.9}"});
  double width = 0.0, rows = 0.0;
  for (const EvalItem& item : set_.items) rows += static_cast<double>(item.layout.rows());
  for (const LinearTensors& linear : spec().block(0).linears)
    if (spec().input_owner(linear.role) == linear.role) width += static_cast<double>(linear.in);
  // Two lanes of different inputs pass one bundle of weights: six batches on two threads.
  EXPECT_DOUBLE_EQ(sum(all.activations), width * rows);
}

TEST_F(WaveCosts, AnEmbeddingAndAHeadOfATrialsOwnAreCounted) {
  const WaveCost own =
      cost({"{sites: {tensor: weight, roles: [embed_tokens, lm_head]}, noise: gaussian, strength: "
            "{relative_l2: 0.1}}"});
  EXPECT_EQ(own.own_heads, 1);
  EXPECT_DOUBLE_EQ(sum(own.outer),
                   2.0 * static_cast<double>(spec().vocab_size * spec().embedding_size()));
  EXPECT_EQ(
      cost({"{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}"}).own_heads,
      0);
}

}  // namespace
}  // namespace nf
