#include "eval/run/input_knowledge.h"

#include <gtest/gtest.h>

#include "eval/run/calibration_results.h"
#include "tests/support/family_support.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

const std::string kNeedy = "{sites: {tensor: input}, noise: needy, factor: 0.5, look: ranges}";
const std::string kNoise =
    "{sites: {tensor: input}, noise: gaussian, strength: {relative_l2: 0.1}}";

/// The statistics of an input are the same with and without later steps, so that one file is for
/// both.
TEST(ChainKnowledge, IsOfEveryStepWhicheverChainLeftIt) {
  const DecoderSpec spec = spec_of(tiny_llama().config);
  const std::string behind = ", " + kNoise + ", " + kNoise;
  for (const bool longer_first : {false, true}) {
    const ModelTrial left = make_needy_trial(longer_first ? kNeedy + behind : kNeedy, spec);
    const ModelTrial right = make_needy_trial(longer_first ? kNeedy : kNeedy + behind, spec);
    const SiteChain& maker = left.input(0, Role::o_proj);
    const SiteChain& reader = right.input(0, Role::o_proj);
    const auto role = static_cast<std::size_t>(Role::o_proj);
    const ChainKey key = ChainKeys().of(left, spec).statistics[0][role];
    ASSERT_EQ(key, ChainKeys().of(right, spec).statistics[0][role]);
    const TempDir dir;
    CalibrationResults results(dir / "made", "model", [](const std::string&) {});
    std::vector<Matrix> windows;
    windows.push_back(random_matrix(6, 32, 1));
    const InputStatisticsPtr statistics = gather_statistics({.ranges = true}, windows);
    results.keep_statistics(maker.site, key,
                            chain_statistics(maker, [&](const ChainNeed&) { return statistics; }));
    std::string problem;
    const ChainKnowledge knowledge = chain_knowledge(reader, key, results, problem);
    EXPECT_EQ(problem, "");
    ASSERT_EQ(knowledge.steps().size(), reader.steps.size() + 1);
    for (std::size_t step = 0; step < knowledge.steps().size(); ++step)
      EXPECT_EQ(knowledge.steps()[step].inputs != nullptr, step == 0) << step;
  }
}

}  // namespace
}  // namespace nf
