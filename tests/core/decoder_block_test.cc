#include "core/model/decoder_block.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "tests/support/one_block.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

constexpr Index kTokens = OneBlock::kTokens;

/// x̃ = factor·x, by role, and a note of each call. Factors are powers of two: the same bits come
/// out where the weight is scaled instead.
class ScalingFilter final : public InputFilter {
 public:
  struct Rule {
    int variant = 0;
    float factor = 1.0f;
  };
  struct Call {
    Role role;
    Index rows, cols;
    bool operator==(const Call&) const = default;
  };

  explicit ScalingFilter(std::map<Role, Rule> rules) : rules_(std::move(rules)) {}

  int variant(Role role) const override {
    const auto rule = rules_.find(role);
    return rule == rules_.end() ? 0 : rule->second.variant;
  }
  void apply(Role role, ConstMatrixView x, MatrixView distorted) override {
    calls.push_back({role, x.rows(), x.cols()});
    EXPECT_EQ(distorted.rows(), x.rows());
    EXPECT_EQ(distorted.cols(), x.cols());
    EXPECT_NE(distorted.data(), x.data());
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) distorted(r, c) = rules_.at(role).factor * x(r, c);
  }
  bool distorts(SiteTensor) const override { return false; }
  void apply_state(SiteTensor state, ConstMatrixView, MatrixView) override {
    ADD_FAILURE() << site_tensor_name(state);
  }

  std::vector<Call> calls;

 private:
  std::map<Role, Rule> rules_;
};

std::vector<OneBlock> both_families() {
  std::vector<OneBlock> blocks;
  blocks.emplace_back(tiny_opt());
  blocks.emplace_back(tiny_llama());
  return blocks;
}

TEST(RunBlock, ALinearReadsItsDistortedInput) {
  for (const OneBlock& block : both_families()) {
    const Matrix plain = block.run(nullptr);
    for (const Role role : block.spec().roles()) {
      ScalingFilter filter({{role, {1, 2.0f}}});
      const Matrix filtered = block.run(&filter);
      EXPECT_TRUE(equal_bits(filtered, block.run(nullptr, {{role, 2.0f}}))) << role_name(role);
      EXPECT_FALSE(equal_bits(filtered, plain)) << role_name(role);
      EXPECT_EQ(filter.calls.size(), 1u);
    }
  }
}

TEST(RunBlock, RolesOfOneVariantShareOneDistortedInput) {
  for (const OneBlock& block : both_families()) {
    const Index h = block.spec().hidden_size, f = block.spec().intermediate_size;
    std::map<Role, ScalingFilter::Rule> rules;
    std::map<Role, float> factors;
    for (const Role role : block.spec().roles()) {
      rules[role] = {1, 0.5f};
      factors[role] = 0.5f;
    }
    ScalingFilter filter(rules);
    EXPECT_TRUE(equal_bits(block.run(&filter), block.run(nullptr, factors)));
    const Role first_of_mlp = block.spec().gated ? Role::gate_proj : Role::up_proj;
    const std::vector<ScalingFilter::Call> expected = {{Role::q_proj, kTokens, h},
                                                       {Role::o_proj, kTokens, h},
                                                       {first_of_mlp, kTokens, h},
                                                       {Role::down_proj, kTokens, f}};
    EXPECT_TRUE(filter.calls == expected);
  }
}

TEST(RunBlock, RolesOfDifferentVariantsReadDifferentInputs) {
  const OneBlock block(tiny_llama());
  ScalingFilter all({{Role::q_proj, {1, 2.0f}},
                     {Role::k_proj, {2, 0.5f}},
                     {Role::v_proj, {3, 4.0f}},
                     {Role::gate_proj, {1, 0.25f}},
                     {Role::up_proj, {2, 2.0f}}});
  EXPECT_TRUE(equal_bits(block.run(&all), block.run(nullptr, {{Role::q_proj, 2.0f},
                                                              {Role::k_proj, 0.5f},
                                                              {Role::v_proj, 4.0f},
                                                              {Role::gate_proj, 0.25f},
                                                              {Role::up_proj, 2.0f}})));
  EXPECT_EQ(all.calls.size(), 5u);

  // The same number again after another one is still the same input.
  ScalingFilter around(
      {{Role::q_proj, {1, 2.0f}}, {Role::k_proj, {2, 0.5f}}, {Role::v_proj, {1, 2.0f}}});
  EXPECT_TRUE(equal_bits(
      block.run(&around),
      block.run(nullptr, {{Role::q_proj, 2.0f}, {Role::k_proj, 0.5f}, {Role::v_proj, 2.0f}})));
}

TEST(RunBlock, VariantZeroIsUntouched) {
  for (const OneBlock& block : both_families()) {
    const Matrix plain = block.run(nullptr);
    ScalingFilter nothing({});
    EXPECT_TRUE(equal_bits(block.run(&nothing), plain));
    EXPECT_TRUE(nothing.calls.empty());

    // Between two roles that are distorted, too.
    ScalingFilter around({{Role::q_proj, {1, 2.0f}}, {Role::v_proj, {1, 2.0f}}});
    EXPECT_TRUE(equal_bits(block.run(&around),
                           block.run(nullptr, {{Role::q_proj, 2.0f}, {Role::v_proj, 2.0f}})));
    EXPECT_EQ(around.calls.size(), 1u);
  }
}

TEST(RunBlock, AFilterThatCopiesIsTheIdentity) {
  for (const OneBlock& block : both_families()) {
    std::map<Role, ScalingFilter::Rule> rules;
    for (const Role role : block.spec().roles()) rules[role] = {7, 1.0f};
    ScalingFilter copy(rules);
    EXPECT_TRUE(equal_bits(block.run(&copy), block.run(nullptr)));
    EXPECT_EQ(copy.calls.size(), 4u);
  }
}

/// One norm before both sub-layers: all of q/k/v/gate/up read what q_proj reads.
TEST(RunBlock, AParallelBlockWithOneNormSharesOneInput) {
  const OneBlock block(tiny_cohere());
  std::map<Role, ScalingFilter::Rule> rules;
  std::map<Role, float> factors;
  for (const Role role : block.spec().roles()) {
    rules[role] = {1, 0.5f};
    factors[role] = 0.5f;
    if (role != Role::o_proj && role != Role::down_proj) {
      EXPECT_EQ(block.spec().input_owner(role), Role::q_proj);
    }
  }
  ScalingFilter filter(rules);
  EXPECT_TRUE(equal_bits(block.run(&filter), block.run(nullptr, factors)));
  EXPECT_EQ(filter.calls.size(), 3u);
}

TEST(InputOwner, IsTheFirstRoleThatReadsTheTensor) {
  for (const OneBlock& block : both_families()) {
    const DecoderSpec& spec = block.spec();
    const Role first_of_mlp = spec.gated ? Role::gate_proj : Role::up_proj;
    for (const Role role : {Role::q_proj, Role::k_proj, Role::v_proj})
      EXPECT_EQ(spec.input_owner(role), Role::q_proj);
    EXPECT_EQ(spec.input_owner(Role::up_proj), first_of_mlp);
    for (const Role role : {Role::o_proj, Role::down_proj, Role::lm_head})
      EXPECT_EQ(spec.input_owner(role), role);
  }
}

TEST(SameBitsBlock, AWindowDoesNotDependOnOtherWindows) {
  for (const OneBlock& block : both_families())
    for (const Index tokens : {1, 130}) {
      const Matrix expected = block.run(nullptr, {}, tokens, 5);
      Matrix bad(300, block.spec().hidden_size);
      bad.fill(std::nanf(""));
      block.run_in_place(bad);
      EXPECT_TRUE(equal_bits(block.run(nullptr, {}, tokens, 5), expected)) << tokens;
      for (const Index threads : {2, 3}) {
        const Threads guard(threads);
        parallel_for(9, [&](Index i) {
          block.run(nullptr, {}, 20 * i + 1, static_cast<std::uint64_t>(i));
          EXPECT_TRUE(equal_bits(block.run(nullptr, {}, tokens, 5), expected)) << tokens;
        });
      }
    }
}

TEST(SameBitsBlock, AWindowsBeginningDoesNotDependOnItsEnd) {
  for (const OneBlock& block : both_families()) {
    const Matrix whole = block.run(nullptr, {}, 300);
    for (const Index tokens : {1, 128, 129, 299})
      EXPECT_TRUE(equal_bits(block.run(nullptr, {}, tokens), whole.view().middle_rows(0, tokens)))
          << tokens;
  }
}

TEST(RunNorm, IsTheOneOfTheSpec) {
  DecoderSpec spec;
  const NormWeights norm{{1.0f, 2.0f}, {10.0f, 20.0f}};
  Matrix x(1, 2), y(1, 2);
  x(0, 0) = 3.0f;
  x(0, 1) = 1.0f;
  spec.norm = NormKind::layer_norm;  // mean 2, standard deviation 1
  spec.norm_eps = 0.0f;
  run_norm(spec, norm, x, y);
  EXPECT_EQ(y(0, 0), 11.0f);
  EXPECT_EQ(y(0, 1), 18.0f);
  spec.norm = NormKind::rms_norm;  // mean square 5, no bias
  run_norm(spec, norm, x, y);
  EXPECT_FLOAT_EQ(y(0, 0), 3.0f / std::sqrt(5.0f));
  EXPECT_FLOAT_EQ(y(0, 1), 2.0f / std::sqrt(5.0f));
}

}  // namespace
}  // namespace nf
