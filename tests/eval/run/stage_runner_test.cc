#include "eval/run/stage_runner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/base/parallel.h"
#include "tests/reference/forward.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kContext = 24;
constexpr Index kWindows = 5;
/// f32 against double through two blocks, and exponentials in f32: nats over the 23 tokens of a
/// window.
constexpr double kNllTolerance = 1e-3;

std::string noise(const std::string& sites, const std::string& rest = "relative_l2: 0.1") {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {" + rest + "}}";
}
const std::string kWeights = noise("tensor: weight");
const std::string kInputs = noise("tensor: input");
const std::string kQuantizer =
    "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}";

/// Both families with two chunks of vocabulary.
class StageOfBothFamilies : public testing::TestWithParam<const char*> {
 protected:
  StageOfBothFamilies()
      : decoder_(open(GetParam())),
        set_(window_set(random_ids(kWindows * kContext, kVocab), {.context = kContext})) {
    decoder_.prepare(kContext);
  }

  static constexpr Index kVocab = 1100;
  static std::filesystem::path folder(const std::string& family) {
    static const TempDir dir;
    static const bool written = [] {
      tiny_opt({.vocab_size = kVocab}).write(dir / "opt");
      tiny_llama({.vocab_size = kVocab}).write(dir / "llama");
      return true;
    }();
    return written ? dir / family : "";
  }
  static Decoder open(const std::string& family) { return open_decoder(folder(family)); }

  ModelTrial trial(const std::string& entries, std::uint64_t seed = 0) const {
    return make_model_trial(entries, decoder_.spec(), seed);
  }
  StageResult run(const std::vector<const ModelTrial*>& trials, const Stage& stage = {0, kWindows},
                  StatsMode stats = StatsMode::weights) const {
    return run_together(decoder_, set_, stage, trials, stats);
  }
  /// The items of a trial that runs alone.
  ItemSums items_of(const std::string& entries, std::uint64_t seed = 0) const {
    const ModelTrial alone = trial(entries, seed);
    return run({&alone}).lanes[0].items;
  }

  Threads threads_{1};  // these models are too small to share out
  Decoder decoder_;
  EvalSet set_;
};

INSTANTIATE_TEST_SUITE_P(Families, StageOfBothFamilies, testing::Values("opt", "llama"));

TEST_P(StageOfBothFamilies, BaselineEqualsTheSlowForwardPass) {
  const StageResult result = run({});
  ASSERT_EQ(result.baseline.items.size(), static_cast<std::size_t>(kWindows));
  for (Index w = 0; w < kWindows; ++w) {
    const std::vector<std::int32_t>& ids = set_.item(w).ids;
    const RowMatrix logits = reference_forward(folder(GetParam()), ids).logits;
    double nll = 0.0;
    for (Index row = 0; row + 1 < kContext; ++row) {
      double sum = 0.0;
      for (Index v = 0; v < kVocab; ++v) sum += std::exp(logits(row, v));
      nll += std::log(sum) - logits(row, ids[static_cast<std::size_t>(row) + 1]);
    }
    const std::vector<PartSums>& parts = result.baseline.items[static_cast<std::size_t>(w)];
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].tokens, kContext - 1);
    EXPECT_NEAR(parts[0].nll, nll, kNllTolerance);
    EXPECT_EQ(parts[0].kl, 0.0);
    EXPECT_EQ(parts[0].kl_reverse, 0.0);
    EXPECT_EQ(parts[0].top1, kContext - 1);
  }
}

TEST_P(StageOfBothFamilies, KnowsTheStatesThatLeaveTheLastBlock) {
  const StageResult result = run({});
  for (Index w = 0; w < kWindows; ++w) {
    const auto states = reference_forward(folder(GetParam()), set_.item(w).ids).hidden.back();
    double energy = 0.0;  // of the positions that predict a token
    for (Index row = 0; row + 1 < kContext; ++row) energy += states.row(row).squaredNorm();
    const PartSums& sums = result.baseline.items[static_cast<std::size_t>(w)].front();
    EXPECT_FALSE(sums.lacks_residual);
    EXPECT_NEAR(sums.residual, energy, 1e-5 * energy);
    EXPECT_EQ(sums.residual_error, 0.0);
  }
}

TEST_P(StageOfBothFamilies, TellsHowFarATrialHasMovedThem) {
  const ModelTrial weights = trial(kWeights), head = trial(noise("tensor: weight, roles: lm_head"));
  const StageResult together = run({&weights, &head});
  // The second wave knows the baseline by its rows alone.
  const StageResult apart =
      run_waves(decoder_, set_, {0, kWindows}, {&weights, &head}, {.lanes = {1, 1}});
  for (std::size_t lane = 0; lane < 2; ++lane)
    expect_same_bits(together.lanes[lane].items, apart.lanes[lane].items);
  for (std::size_t w = 0; w < together.baseline.items.size(); ++w) {
    const PartSums& moved = together.lanes[0].items[w].front();
    EXPECT_TRUE(moved.lacks_residual);
    const double share = moved.residual_error / together.baseline.items[w].front().residual;
    EXPECT_GT(share, 1e-4);
    EXPECT_LT(share, 1.0);
    const PartSums& unmoved = together.lanes[1].items[w].front();
    EXPECT_FALSE(unmoved.lacks_residual_error);
    EXPECT_EQ(unmoved.residual_error, 0.0);  // what follows the last block moves none of them
    EXPECT_GT(unmoved.kl, 0.0);
  }
}

TEST_P(StageOfBothFamilies, TrialsDoNotDependOnTheirNeighbours) {
  const ModelTrial a = trial(kWeights), b = trial(kInputs), c = trial(kQuantizer);
  const StageResult together = run({&a, &b, &c});
  const StageResult reversed = run({&c, &b, &a});
  for (std::size_t i = 0; i < 3; ++i)
    expect_same_bits(together.lanes[i].items, reversed.lanes[2 - i].items);
  expect_same_bits(together.lanes[0].items, items_of(kWeights));
  expect_same_bits(together.lanes[1].items, items_of(kInputs));
  expect_same_bits(together.lanes[2].items, items_of(kQuantizer));
  expect_same_bits(together.baseline.items, run({}).baseline.items);
}

TEST_P(StageOfBothFamilies, TrialsDoNotDependOnWhereStagesAreCut) {
  const ModelTrial both = trial(kWeights + ", " + kInputs);
  const StageResult whole = run({&both});
  ItemSums pieces, baseline;
  for (const Stage& stage : {Stage{0, 1}, Stage{1, 4}, Stage{4, 5}}) {
    const StageResult part = run({&both}, stage);
    pieces.insert(pieces.end(), part.lanes[0].items.begin(), part.lanes[0].items.end());
    baseline.insert(baseline.end(), part.baseline.items.begin(), part.baseline.items.end());
  }
  expect_same_bits(pieces, whole.lanes[0].items);
  expect_same_bits(baseline, whole.baseline.items);
}

TEST_P(StageOfBothFamilies, TrialsDoNotDependOnThreads) {
  const ItemSums before = items_of(kWeights + ", " + kInputs);
  for (const Index count : {2, 3}) {
    set_thread_count(count);
    expect_same_bits(items_of(kWeights + ", " + kInputs), before);
  }
}

TEST_P(StageOfBothFamilies, StrengthZeroIsTheBaselineBitForBit) {
  const ModelTrial zero = trial(noise("tensor: weight", "relative_l2: 0") + ", " +
                                noise("tensor: input", "sigma_abs: 0"));
  const StageResult result = run({&zero});
  expect_same_bits(result.lanes[0].items, result.baseline.items);
  for (const std::vector<PartSums>& parts : result.lanes[0].items) {
    EXPECT_EQ(parts[0].kl, 0.0);
    EXPECT_EQ(parts[0].kl_reverse, 0.0);
    EXPECT_EQ(parts[0].top1, parts[0].tokens);
  }
}

TEST_P(StageOfBothFamilies, QKVShareOneDistortedInput) {
  const ItemSums all = items_of(noise("tensor: input, roles: [q_proj, k_proj, v_proj]"));
  const ItemSums reordered = items_of(noise("tensor: input, roles: [v_proj, '[kq]_proj']"));
  expect_same_bits(all, reordered);
  // Entries of their own for each role draw under the same name and ordinal: the same x̃ again.
  const ItemSums apart = items_of(noise("tensor: input, roles: q_proj") + ", " +
                                  noise("tensor: input, roles: k_proj") + ", " +
                                  noise("tensor: input, roles: v_proj"));
  expect_same_bits(all, apart);
}

TEST_P(StageOfBothFamilies, RolesThatAreNotSelectedReadTheCleanInput) {
  const double q = total_kl(items_of(noise("tensor: input, roles: q_proj")));
  const double qkv = total_kl(items_of(noise("tensor: input, roles: [q_proj, k_proj, v_proj]")));
  EXPECT_GT(q, 0.0);
  EXPECT_GT(qkv, 2.0 * q);  // the values carry most of it
}

TEST_P(StageOfBothFamilies, RolesOfOneTensorMayGoThroughDifferentEntries) {
  const ModelTrial mixed = trial(noise("tensor: input, roles: [q_proj, v_proj]") + ", " +
                                 noise("tensor: input, roles: k_proj", "relative_l2: 0.2"));
  const StageResult result = run({&mixed});
  EXPECT_TRUE(result.lanes[0].error.empty());
  std::map<std::string, double> relative_l2;
  for (const SiteStats& site : result.lanes[0].sites)
    if (site.first_window == 0) relative_l2[site.site] = site.stats.relative_l2();
  // Strength is met to 1e-6 before δ is added; x̃ is rounded to f32.
  EXPECT_EQ(relative_l2.size(), 4u);
  EXPECT_NEAR(relative_l2["layers.1.q_proj.input"], 0.1, 1e-5);
  EXPECT_NEAR(relative_l2["layers.1.k_proj.input"], 0.2, 1e-5);
}

TEST_P(StageOfBothFamilies, EntriesOnOneSiteDrawApart) {
  // Twice the same draw would have a relative L2 of 0.2; two independent ones of about 0.1414.
  const ModelTrial twice =
      trial(noise("tensor: weight, layers: 0") + ", " + noise("tensor: weight, layers: 0"));
  const StageResult result = run({&twice});
  ASSERT_FALSE(result.lanes[0].sites.empty());
  for (const SiteStats& site : result.lanes[0].sites) {
    const double expected = 0.1 * std::sqrt(2.0 + 0.01);
    // Correlation of two draws over n values is about 1/sqrt(n), n >= 512 here: four of those.
    EXPECT_NEAR(site.stats.relative_l2(), expected, 0.1 * 4.0 / std::sqrt(512.0)) << site.site;
  }
}

TEST_P(StageOfBothFamilies, SeedsDrawApart) {
  EXPECT_NE(items_of(kWeights, 0)[0][0].nll, items_of(kWeights, 1)[0][0].nll);
  EXPECT_NE(items_of(kInputs, 0)[0][0].nll, items_of(kInputs, 1)[0][0].nll);
  expect_same_bits(items_of(kQuantizer, 0), items_of(kQuantizer, 1));
}

TEST_P(StageOfBothFamilies, StatisticsAreAsManyAsAskedFor) {
  const ModelTrial both = trial(kWeights + ", " + kInputs);
  const auto complete = [&](StatsMode mode, const std::string& suffix) {
    const StageResult result = run({&both}, {0, kWindows}, mode);
    bool all = true, none = true;
    for (const SiteStats& site : result.lanes[0].sites) {
      if (!site.site.ends_with(suffix)) continue;
      all = all && site.complete;
      none = none && !site.complete;
    }
    return all ? "all" : none ? "none" : "some";
  };
  EXPECT_STREQ(complete(StatsMode::weights, ".weight"), "all");
  EXPECT_STREQ(complete(StatsMode::weights, ".input"), "none");
  EXPECT_STREQ(complete(StatsMode::all, ".input"), "all");
  EXPECT_STREQ(complete(StatsMode::none, ".weight"), "none");
}

TEST_P(StageOfBothFamilies, StopsWhenAsked) {
  int asked = 0;
  const StageHooks hooks{.should_stop = [&asked] { return ++asked > 3; }};
  EXPECT_THROW(run_stage(decoder_, set_, {0, kWindows}, {}, {.lanes = {0}}, StatsMode::none, hooks),
               Interrupted);
}

TEST_P(StageOfBothFamilies, AFailedTrialLeavesTheOthersAlone) {
  std::string overflow = noise("tensor: weight, roles: down_proj", "relative_l2: 1e9");
  for (int i = 0; i < 5; ++i)  // 1e9 to the sixth is beyond f32
    overflow += ", " + noise("tensor: weight, roles: down_proj", "relative_l2: 1e9");
  const ModelTrial good = trial(kWeights), bad = trial(overflow);
  const StageResult result = run({&good, &bad});
  EXPECT_TRUE(result.lanes[0].error.empty());
  expect_same_bits(result.lanes[0].items, items_of(kWeights));
  EXPECT_TRUE(result.lanes[1].error.starts_with("layers.0.down_proj.weight: x̃ is not finite at ["))
      << result.lanes[1].error;
  EXPECT_TRUE(result.lanes[1].items.empty());
}

}  // namespace
}  // namespace nf
