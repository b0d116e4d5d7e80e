/// One sub-layer of a block run alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "tests/support/one_block.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_families.h"

namespace nf {
namespace {

constexpr Index kTokens = OneBlock::kTokens;

Matrix copy_of(ConstMatrixView x) {
  Matrix copy(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), copy.view().row(r));
  return copy;
}

Matrix output(const OneBlock& block, Sublayer sublayer, ConstMatrixView x) {
  Matrix out(x.rows(), x.cols());
  out.fill(77.0f);  // nothing of it may stay
  run_sublayer(sublayer, block.spec(), block.weights(), block.weights().packed, block.rope(),
               Layout::window(x.rows()), x, out);
  return out;
}

Matrix normed(const OneBlock& block, const NormWeights& norm, ConstMatrixView x) {
  Matrix y(x.rows(), x.cols());
  run_norm(block.spec(), norm, x, y);
  return y;
}

/// A block by the formulas of BlockForm, of its norms and its sub-layers.
Matrix composed(const OneBlock& block, ConstMatrixView hidden) {
  const BlockWeights& weights = block.weights();
  const bool from_norm = block.spec().residual_from_norm;
  Matrix x = copy_of(hidden);
  switch (block.spec().form) {
    case BlockForm::sequential:
      for (const auto& [norm, sublayer] : {std::pair(&weights.attention_norm, Sublayer::attention),
                                           std::pair(&weights.mlp_norm, Sublayer::mlp)}) {
        const Matrix read = normed(block, *norm, x);
        if (from_norm) x = copy_of(read);
        add(x, output(block, sublayer, read));
      }
      return x;
    case BlockForm::parallel: {
      const Matrix first = normed(block, weights.attention_norm, x);
      const Matrix second =
          weights.mlp_norm.exists() ? normed(block, weights.mlp_norm, x) : copy_of(first);
      add(x, output(block, Sublayer::attention, first));
      add(x, output(block, Sublayer::mlp, second));
      return x;
    }
    case BlockForm::post_norm:
      add(x, output(block, Sublayer::attention, x));
      x = normed(block, weights.attention_norm, x);
      add(x, output(block, Sublayer::mlp, x));
      return normed(block, weights.mlp_norm, x);
  }
  return x;
}

class SublayersOf : public ::testing::TestWithParam<std::string> {};

TEST_P(SublayersOf, AreWhatTheBlockAdds) {
  const OneBlock block(tiny_families().at(GetParam())());
  const Matrix hidden = random_matrix(kTokens, block.spec().hidden_size, 0);
  EXPECT_TRUE(equal_bits(composed(block, hidden), block.run(nullptr)));
}

TEST_P(SublayersOf, HaveTheSameBitsOnAnyNumberOfThreads) {
  const OneBlock block(tiny_families().at(GetParam())());
  const Matrix x = random_matrix(300, block.spec().hidden_size, 1);
  for (const Sublayer sublayer : {Sublayer::attention, Sublayer::mlp}) {
    const Threads one(1);
    const Matrix alone = output(block, sublayer, x);
    set_thread_count(3);
    EXPECT_TRUE(equal_bits(output(block, sublayer, x), alone));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, SublayersOf, ::testing::ValuesIn(tiny_family_names()),
                         [](const auto& family) { return family.param; });

TEST(Sublayer, ReadsTheWeightsThatItIsGiven) {
  const OneBlock block(tiny_llama());
  const Matrix x = random_matrix(kTokens, block.spec().hidden_size, 1);
  for (const Role role : block.spec().roles()) {
    PackedLinears packed = block.weights().packed;
    Matrix zeros(packed[role].out(), packed[role].in());
    zeros.fill(0.0f);
    packed[role] = pack_weight(zeros);
    for (const Sublayer sublayer : {Sublayer::attention, Sublayer::mlp}) {
      Matrix out(x.rows(), x.cols());
      run_sublayer(sublayer, block.spec(), block.weights(), packed, block.rope(),
                   Layout::window(x.rows()), x, out);
      EXPECT_EQ(static_cast<bool>(equal_bits(out, output(block, sublayer, x))),
                sublayer != sublayer_of(role))
          << role_name(role);
    }
  }
}

TEST(Sublayer, AWrongShapeIsOurBug) {
  const OneBlock block(tiny_llama());
  const Matrix x = random_matrix(kTokens, block.spec().hidden_size, 1);
  Matrix out(kTokens + 1, x.cols());
  EXPECT_THROW(run_sublayer(Sublayer::mlp, block.spec(), block.weights(), block.weights().packed,
                            block.rope(), Layout::window(kTokens), x, out),
               InternalError);
}

}  // namespace
}  // namespace nf
