/// Trials that distort residual streams, keys and values, through run_stage.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/base/parallel.h"
#include "eval/tasks/question_item.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

constexpr Index kContext = 24;
/// More than one batch (kBatchRows) holds.
constexpr Index kWindows = 40;
constexpr Index kVocab = 300;

const std::vector<std::string> kNames = {"resid", "k_cache", "v_cache"};

std::string noise(const std::string& sites, const std::string& strength) {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {" + strength + "}}";
}
std::string everywhere(const std::string& strength) {
  std::string entries;
  for (const std::string& name : kNames)
    entries += (entries.empty() ? "" : ", ") + noise("tensor: " + name, strength);
  return entries;
}

class StateSites : public testing::TestWithParam<const char*> {
 protected:
  StateSites()
      : decoder_(open(GetParam())),
        set_(window_set(random_ids(kWindows * kContext, kVocab), {.context = kContext})) {
    decoder_.prepare(200);
  }

  static Decoder open(const std::string& family) {
    const TempDir dir;  // mapped files outlive their names
    (family == "opt" ? tiny_opt() : tiny_llama()).write(dir.path());
    return open_decoder(dir.path());
  }

  StageResult run(const std::string& entries, Stage stage = {0, kWindows},
                  StatsMode stats = StatsMode::weights) const {
    const ModelTrial trial = make_model_trial(entries, decoder_.spec(), 3);
    return run_together(decoder_, set_, stage, {&trial}, stats);
  }

  Threads threads_{0};
  Decoder decoder_;
  EvalSet set_;
};

INSTANTIATE_TEST_SUITE_P(Families, StateSites, testing::Values("opt", "llama"));

TEST_P(StateSites, StrengthZeroIsTheBaselineBitForBit) {
  const StageResult result = run(everywhere("relative_l2: 0"));
  expect_same_bits(result.lanes[0].items, result.baseline.items);
  EXPECT_EQ(total_kl(result.lanes[0].items), 0.0);
}

TEST_P(StateSites, AHugeStrengthAtEachChangesTheLogits) {
  for (const std::string& name : kNames) {
    for (const std::string layer : {"0", "1"}) {
      const StageResult result =
          run(noise("tensor: " + name + ", layers: " + layer, "relative_l2: 10"), {0, 4});
      EXPECT_EQ(result.lanes[0].error, "");
      // Nats a token; a KL of 0 is what a hook that never fires gives.
      EXPECT_GT(total_kl(result.lanes[0].items), 0.05 * 4 * (kContext - 1)) << name << layer;
    }
  }
}

TEST_P(StateSites, AWindowIsTheSameAloneAndInCompany) {
  const std::string entries = everywhere("relative_l2: 0.2");
  set_thread_count(1);
  const StageResult together = run(entries, {0, kWindows}, StatsMode::all);
  for (const Index threads : {1, 3}) {
    set_thread_count(threads);
    ItemSums pieces;
    std::vector<SiteStats> sites;
    for (const Stage& stage : {Stage{0, 1}, Stage{1, 2}, Stage{2, 33}, Stage{33, kWindows}}) {
      StageResult part = run(entries, stage, StatsMode::all);
      pieces.insert(pieces.end(), part.lanes[0].items.begin(), part.lanes[0].items.end());
      for (const SiteStats& site : part.lanes[0].sites)
        if (site.first_window == 0) sites.push_back(site);
    }
    expect_same_bits(pieces, together.lanes[0].items);
    EXPECT_EQ(sites.size(), 3u * 2);
  }
  set_thread_count(3);
  expect_same_lane(run(entries, {0, kWindows}, StatsMode::all).lanes[0], together.lanes[0]);
}

TEST_P(StateSites, AreMeasuredWindowByWindow) {
  const StageResult result = run(everywhere("relative_l2: 0.2"), {0, 4}, StatsMode::all);
  const DecoderSpec& spec = decoder_.spec();
  std::set<std::string> names;
  for (const SiteStats& site : result.lanes[0].sites) {
    names.insert(site.site);
    const Index features =
        site.site.ends_with("resid") ? spec.hidden_size : spec.num_key_value_heads * spec.head_dim;
    EXPECT_EQ(site.windows, 4);
    EXPECT_TRUE(site.complete);
    EXPECT_EQ(site.stats.count, 4 * kContext * features) << site.site;
    // Strength is met to 1e-6 before δ is added; x̃ is rounded to f32.
    EXPECT_NEAR(site.stats.relative_l2(), 0.2, 1e-5) << site.site;
  }
  const std::set<std::string> expected = {"layers.0.resid", "layers.0.k_cache", "layers.0.v_cache",
                                          "layers.1.resid", "layers.1.k_cache", "layers.1.v_cache"};
  EXPECT_EQ(names, expected);
}

TEST_P(StateSites, TakeQuantizersAsInputsDo) {
  for (const std::string granularity : {"token", "{group: 8}", "tensor"}) {
    for (const std::string& name : kNames) {
      const auto kl = [&](int bits) {
        const StageResult result =
            run("{sites: {tensor: " + name + "}, grid: uniform, bits: " + std::to_string(bits) +
                    ", granularity: " + granularity + "}",
                {0, 4});
        EXPECT_EQ(result.lanes[0].error, "");
        return total_kl(result.lanes[0].items);
      };
      const double coarse = kl(3), fine = kl(8);
      EXPECT_GT(fine, 0.0) << name << granularity;
      EXPECT_GT(coarse, 10.0 * fine) << name << granularity;
    }
  }
}

/// A distortion of each position alone does not see how a question's rows are laid out: a context
/// that its choices share has the keys and values of one that is written out for each.
TEST_P(StateSites, ASharedContextIsDistortedOnce) {
  std::string entries;
  for (const std::string& name : kNames)
    entries += (entries.empty() ? "{sites: {tensor: " : ", {sites: {tensor: ") + name +
               "}, grid: uniform, bits: 4, granularity: token}";
  const ModelTrial trial = make_model_trial(entries, decoder_.spec());
  std::vector<ChoiceIds> choices;
  for (std::uint64_t c = 0; c < 3; ++c) {
    choices.push_back({random_ids(30, kVocab, 1), 5});
    const std::vector<std::int32_t> own = random_ids(5, kVocab, 2 + c);
    choices.back().ids.insert(choices.back().ids.end(), own.begin(), own.end());
  }
  const auto items_of = [&](const std::vector<ChoiceIds>& some) {
    const EvalSet set = set_of({question_item(some)}, 0);
    return run_together(decoder_, set, {0, 1}, {&trial}).lanes[0].items.at(0);
  };
  const std::vector<PartSums> together = items_of(choices);
  ASSERT_EQ(together.size(), 3u);
  for (std::size_t c = 0; c < 3; ++c) {
    SCOPED_TRACE(c);
    EXPECT_GT(together[c].kl, 0.0);
    expect_same_bits({together[c]}, items_of({choices[c]}));
  }
}

TEST_P(StateSites, NameWhatIsNotFinite) {
  for (const std::string& name : kNames) {
    std::string overflow = noise("tensor: " + name, "relative_l2: 1e9");
    for (int i = 0; i < 5; ++i)  // 1e9 to the sixth is beyond f32
      overflow += ", " + noise("tensor: " + name, "relative_l2: 1e9");
    const StageResult result = run(overflow, {0, 2});
    EXPECT_TRUE(
        result.lanes[0].error.starts_with("window 0: layers.0." + name + ": x̃ is not finite at ["))
        << result.lanes[0].error;
    EXPECT_TRUE(result.lanes[0].items.empty());
  }
}

/// Near the end of f32 some items fail in the first block, others in the second: the message is the
/// one that the first of them gives by itself, wherever stages are cut.
TEST_P(StateSites, NameTheFirstItemThatFailsInAnyStage) {
  constexpr Index kItems = 5;
  int later_blocks = 0;  // where an item before the one that fails first in time is told
  std::string huge;
  for (int i = 0; i < 4; ++i) huge += noise("tensor: resid, layers: 0", "relative_l2: 1e9") + ", ";
  for (const char* strength : {"30", "35", "40", "45"}) {
    for (const std::uint64_t seed : {1u, 2u}) {
      const std::string entries =
          huge + noise("tensor: resid, layers: 0", std::string("relative_l2: ") + strength) + ", " +
          noise("tensor: resid, layers: 1", "relative_l2: 1");
      const ModelTrial trial = make_model_trial(entries, decoder_.spec(), seed);
      const auto error = [&](Index first, Index last) {
        return run_together(decoder_, set_, {first, last}, {&trial}).lanes[0].error;
      };
      std::string alone;
      bool fails_earlier = false;  // one behind it, in the first block
      for (Index i = 0; i < kItems; ++i) {
        const std::string of_item = error(i, i + 1);
        if (alone.empty())
          alone = of_item;
        else if (alone.find("layers.1") != std::string::npos &&
                 of_item.find("layers.0") != std::string::npos)
          fails_earlier = true;
      }
      later_blocks += fails_earlier ? 1 : 0;
      EXPECT_EQ(error(0, kItems), alone) << strength << " seed " << seed;
    }
  }
  EXPECT_GT(later_blocks, 0);
}

}  // namespace
}  // namespace nf
