/// The states of a block (SiteTensor: is_state) as an InputFilter sees and changes them.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/decoder_forward.h"
#include "tests/support/one_block.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_families.h"

namespace nf {
namespace {

/// x̃ = factor·x of some states, and of every input where asked for. Keeps what it saw.
class StateFilter final : public InputFilter {
 public:
  explicit StateFilter(std::map<SiteTensor, float> factors, float input_factor = 0.0f)
      : factors_(std::move(factors)), input_factor_(input_factor) {}

  int variant(Role) const override { return input_factor_ == 0.0f ? 0 : 1; }
  void apply(Role, ConstMatrixView x, MatrixView distorted) override {
    multiply(x, input_factor_, distorted);
  }
  bool distorts(SiteTensor state) const override { return factors_.contains(state); }
  void apply_state(SiteTensor state, ConstMatrixView x, MatrixView distorted) override {
    EXPECT_NE(x.data(), distorted.data());
    order.push_back(state);
    seen[state] = copy_of(x);
    multiply(x, factors_.at(state), distorted);
  }

  std::vector<SiteTensor> order;
  std::map<SiteTensor, Matrix> seen;

 private:
  static void multiply(ConstMatrixView x, float factor, MatrixView y) {
    ASSERT_EQ(y.rows(), x.rows());
    ASSERT_EQ(y.cols(), x.cols());
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) y(r, c) = factor * x(r, c);
  }

  std::map<SiteTensor, float> factors_;
  float input_factor_;
};

const std::map<SiteTensor, float> kCopies = {
    {SiteTensor::resid, 1.0f}, {SiteTensor::k_cache, 1.0f}, {SiteTensor::v_cache, 1.0f}};

class BlockStates : public testing::TestWithParam<std::string> {
 protected:
  OneBlock block_{tiny_families().at(GetParam())()};
};

TEST_P(BlockStates, CopiesOfThemGiveTheUntouchedBits) {
  for (const Index tokens : {1, 37, 150}) {
    const Matrix plain = block_.run(nullptr, {}, tokens);
    for (const Index threads : {1, 3}) {
      const Threads guard(threads);
      StateFilter all(kCopies);
      EXPECT_TRUE(equal_bits(block_.run(&all, {}, tokens), plain)) << tokens;
      for (const SiteTensor state : kStates) {
        StateFilter one({{state, 1.0f}});
        EXPECT_TRUE(equal_bits(block_.run(&one, {}, tokens), plain)) << site_tensor_name(state);
      }
    }
  }
}

TEST_P(BlockStates, AreSeenOnceInTheOrderOfTheForwardPass) {
  StateFilter filter(kCopies);
  const Matrix plain = block_.run(&filter);
  EXPECT_EQ(filter.order, std::vector<SiteTensor>(std::begin(kStates), std::end(kStates)));
  const Index cached = block_.spec().num_key_value_heads * block_.spec().head_dim;
  for (const SiteTensor state : {SiteTensor::k_cache, SiteTensor::v_cache}) {
    EXPECT_EQ(filter.seen[state].rows(), OneBlock::kTokens);
    EXPECT_EQ(filter.seen[state].cols(), cached);
  }
  EXPECT_TRUE(equal_bits(filter.seen[SiteTensor::resid], plain));
}

TEST_P(BlockStates, ResidIsTheStreamBehindTheBlock) {
  StateFilter filter({{SiteTensor::resid, 2.0f}});
  Matrix doubled = block_.run(nullptr);
  scale(doubled, 2.0f);
  EXPECT_TRUE(equal_bits(block_.run(&filter), doubled));
}

/// Factors of two, which commute with every rounding: scores are products with the keys, and
/// o_proj's product is linear in the values.
TEST_P(BlockStates, EveryQueryReadsTheDistortedKeysAndValues) {
  StateFilter values({{SiteTensor::v_cache, 2.0f}});
  EXPECT_TRUE(equal_bits(block_.run(&values), block_.run(nullptr, {{Role::o_proj, 2.0f}})));

  StateFilter keys({{SiteTensor::k_cache, 0.5f}});
  const Matrix plain = block_.run(nullptr), halved = block_.run(&keys);
  block_.weights().spec.attention_scale *= 0.5f;
  EXPECT_TRUE(equal_bits(halved, block_.run(nullptr)));
  EXPECT_FALSE(equal_bits(halved, plain));
}

/// Distorted inputs of linears are kept for the roles that share them while states are distorted.
TEST_P(BlockStates, StandBesideDistortedInputs) {
  StateFilter inputs({}, 0.5f), both(kCopies, 0.5f);
  const Matrix expected = block_.run(&inputs);
  EXPECT_TRUE(equal_bits(block_.run(&both), expected));
  EXPECT_FALSE(equal_bits(expected, block_.run(nullptr)));
}

INSTANTIATE_TEST_SUITE_P(Families, BlockStates, testing::ValuesIn(tiny_family_names()),
                         [](const auto& family) { return family.param; });

/// In families whose heads go through no norm: k_proj's result, each row turned by its position.
TEST(BlockKeys, AreSeenAsRotated) {
  for (const char* family : {"opt", "llama", "mistral", "gpt_neox"}) {
    const OneBlock block(tiny_families().at(family)());
    const DecoderSpec& spec = block.spec();
    Matrix x = random_matrix(OneBlock::kTokens, spec.hidden_size, 0);
    run_norm(spec, block.weights().attention_norm, x, x);
    Matrix keys(x.rows(), spec.num_key_value_heads * spec.head_dim);
    linear(x, block.weights().packed[Role::k_proj], block.weights().biases[Role::k_proj], keys);
    for (Index t = 0; block.rope() != nullptr && t < keys.rows(); ++t)
      for (Index head = 0; head < spec.num_key_value_heads; ++head)
        block.rope()->rotate(keys.view().row(t) + head * spec.head_dim, t);
    StateFilter filter({{SiteTensor::k_cache, 1.0f}});
    block.run(&filter);
    EXPECT_TRUE(equal_bits(filter.seen[SiteTensor::k_cache], keys)) << family;
  }
}

}  // namespace
}  // namespace nf
