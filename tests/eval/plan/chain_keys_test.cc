#include "eval/plan/chain_keys.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

const DecoderSpec& model() {
  static const DecoderSpec spec =
      spec_of(with_fields(tiny_llama().config, {{"num_hidden_layers", 3}}));
  return spec;
}

std::string needy(const std::string& sites, const std::string& more = "") {
  return "{sites: {" + sites + "}, noise: needy, factor: 0.5" + more + "}";
}
std::string noise(const std::string& sites) {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {relative_l2: 0.1}}";
}

TrialKeys keys_of(const std::string& entries, std::uint64_t seed = 0,
                  Propagate propagate = Propagate::blocks) {
  return ChainKeys().of(make_needy_trial(entries, model(), seed, "set", propagate), model());
}

TEST(ChainKeys, AreTheSameInEveryProcess) {
  const std::string entries = needy("tensor: weight") + ", " + noise("tensor: input, layers: 1");
  const TrialKeys one = keys_of(entries, 3), other = keys_of(entries, 3);
  EXPECT_EQ(one.steps, other.steps);
  EXPECT_EQ(one.weights, other.weights);
  EXPECT_EQ(one.inputs, other.inputs);
  // Files of a run that goes on are found by them, so they may change with kFormat alone.
  EXPECT_EQ(keys_of(needy("tensor: weight, layers: 0, roles: q_proj")).weights[0][0].hex().size(),
            32u);
}

TEST(ChainKeys, AreNothingWhereNothingHappens) {
  const TrialKeys keys = keys_of(needy("tensor: weight, layers: 1, roles: q_proj"));
  for (std::size_t step = 0; step < keys.steps.size(); ++step)
    EXPECT_EQ(keys.steps[step].is_nothing(), step != 2) << step;
  EXPECT_FALSE(keys.weights[1][0].is_nothing());
  EXPECT_TRUE(keys.weights[1][1].is_nothing());
  EXPECT_TRUE(keys.head_weight.is_nothing());
}

TEST(ChainKeys, OfEverySiteDiffer) {
  const TrialKeys keys =
      keys_of(needy("tensor: weight") + ", " + needy("tensor: input"), 0, Propagate::none);
  std::set<ChainKey> seen;
  for (std::size_t layer = 0; layer < 3; ++layer)
    for (const Role role : model().roles())
      seen.insert(keys.weights[layer][static_cast<std::size_t>(role)]);
  EXPECT_EQ(seen.size(), 3 * model().roles().size());
  // Roles that share an x̃ share its key.
  EXPECT_EQ(keys.inputs[0][0], keys.inputs[0][1]);
  EXPECT_NE(keys.inputs[0][0], keys.inputs[0][static_cast<std::size_t>(Role::o_proj)]);
  EXPECT_NE(keys.inputs[0][0], keys.inputs[1][0]);
  EXPECT_FALSE(seen.contains(keys.inputs[0][0]));
}

TEST(ChainKeys, SeeWhatTheChainLooksAt) {
  const std::string q = "tensor: weight, layers: 1, roles: q_proj";
  const std::string k = noise("tensor: weight, layers: 1, roles: k_proj");
  const auto key = [&](const std::string& more, bool beside, Propagate propagate) {
    return keys_of(needy(q, more) + (beside ? ", " + k : ""), 0, propagate).weights[1][0];
  };
  for (const Propagate propagate : {Propagate::none, Propagate::blocks}) {
    EXPECT_EQ(key("", false, propagate), key("", true, propagate));
    EXPECT_EQ(key(", look: ranges", false, propagate), key(", look: ranges", true, propagate));
    for (const char* around : {", look: choice", ", look: replay"})
      EXPECT_NE(key(around, false, propagate), key(around, true, propagate)) << around;
  }
  EXPECT_NE(key("", false, Propagate::sites), key("", true, Propagate::sites));
}

TEST(ChainKeys, OfAnInputDoNotDependOnOtherInputs) {
  const auto down = static_cast<std::size_t>(Role::down_proj);
  const auto inputs = [](const std::string& entries) {
    return keys_of(entries, 0, Propagate::none).inputs[1];
  };
  const std::string entry = needy("tensor: input, layers: 1, roles: down_proj");
  EXPECT_EQ(inputs(entry)[down],
            inputs(entry + ", " + noise("tensor: input, layers: 1, roles: o_proj"))[down]);
  // Two that are made of one tensor stay apart.
  const auto apart = inputs(needy("tensor: input, layers: 1, roles: [q_proj, v_proj]") + ", " +
                            noise("tensor: input, layers: 1, roles: v_proj"));
  EXPECT_NE(apart[static_cast<std::size_t>(Role::q_proj)],
            apart[static_cast<std::size_t>(Role::v_proj)]);
}

TEST(ChainKeys, StandForTheLinearsThatOneChoiceIsFor) {
  const auto choice = [](const std::string& roles) {
    return needy("tensor: weight, layers: 1, roles: " + roles, ", look: choice");
  };
  const auto weights = [](const std::string& entries) {
    return keys_of(entries, 0, Propagate::none).weights[1];
  };
  const auto at = [](Role role) { return static_cast<std::size_t>(role); };
  const auto together = weights(choice("[q_proj, k_proj, v_proj]"));
  const auto alone = weights(choice("q_proj") + ", " + choice("k_proj") + ", " + choice("v_proj"));
  const auto pair = weights(choice("[q_proj, k_proj]") + ", " + choice("v_proj"));
  for (const Role role : {Role::q_proj, Role::k_proj, Role::v_proj}) {
    EXPECT_NE(together[at(role)], alone[at(role)]) << role_name(role);
    EXPECT_NE(together[at(role)], pair[at(role)]) << role_name(role);
  }
  // An entry chooses for each tensor by itself, so its other linears do not count.
  const auto both = weights(choice("[o_proj, down_proj]"));
  const auto apart = weights(choice("o_proj") + ", " + choice("down_proj"));
  EXPECT_EQ(both[at(Role::o_proj)], apart[at(Role::o_proj)]);
  // What looks around sees how its neighbours were chosen.
  const std::string look = needy("tensor: weight, layers: 1, roles: o_proj", ", look: replay");
  EXPECT_NE(weights(choice("[q_proj, k_proj]") + ", " + look)[at(Role::o_proj)],
            weights(choice("q_proj") + ", " + choice("k_proj") + ", " + look)[at(Role::o_proj)]);
}

TEST(ChainKeys, OfXHatDoNotSeeWhatFinishesItDraw) {
  const auto made = [](const std::string& more, std::uint64_t seed) {
    return keys_of(needy("tensor: weight", more), seed, Propagate::none).made[1][0];
  };
  const std::string match =
      ", keep: large, strength: {match: {noise: gaussian, strength: {relative_l2: 0.1}}}";
  EXPECT_FALSE(made("", 0).is_nothing());
  EXPECT_EQ(made(match, 1), made("", 0));
  EXPECT_EQ(made(match, 1), made(match, 2));
}

/// Leaves x as it is, with any needs.
class Looking final : public Distortion {
 public:
  explicit Looking(const InputNeeds& needs) : needs_(needs) {}
  DistortionReport apply(ConstMatrixView x, const DistortionContext&,
                         MatrixView distorted) const override {
    for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), distorted.row(r));
    return {};
  }
  InputNeeds input_needs(SiteTensor) const override { return needs_; }
  Json config() const override { return "looking"; }

 private:
  InputNeeds needs_;
};

TEST(ChainKeys, OfStatisticsSeeEveryNeed) {
  const std::vector<Site> sites = {{1, Role::o_proj, SiteTensor::input}};
  const auto set = std::make_shared<const CalibrationSet>(
      CalibrationSet{.name = "set", .items = {}, .hash = "set"});
  std::set<ChainKey> keys;
  const InputNeeds ranges{.ranges = true};
  const std::vector<InputNeeds> all = {ranges,
                                       ranges.joined({.second_moment = true}),
                                       ranges.joined({.sample = true}),
                                       ranges.joined({.weight_ranges = true}),
                                       ranges.joined({.replay = true}),
                                       ranges.joined({.first_windows = true})};
  for (const InputNeeds& needs : all)
    keys.insert(
        ChainKeys()
            .of(ModelTrial::at_inputs(model(), std::make_shared<const Looking>(needs), set, sites),
                model())
            .statistics[1][static_cast<std::size_t>(Role::o_proj)]);
  EXPECT_EQ(keys.size(), all.size());
}

}  // namespace
}  // namespace nf
