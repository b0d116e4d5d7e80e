/// A decoder whose products are in bf16. Skipped where the CPU has none.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/model/decoder.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

#define NF_SKIP_WITHOUT_BF16() \
  if (!bf16_is_native()) GTEST_SKIP() << "no bf16 products on this CPU (" << gemm_isa() << ")"

Decoder opened(const TempDir& dir, Arithmetic arithmetic) {
  Decoder decoder = open_decoder(dir.path());
  decoder.set_arithmetic(arithmetic);
  return decoder;
}

Matrix logits_of(const TempDir& dir, Arithmetic arithmetic, Index tokens) {
  Decoder decoder = opened(dir, arithmetic);
  return std::move(decoder_forward(decoder, random_ids(tokens, decoder.spec().vocab_size)).logits);
}

/// ‖a − b‖ / ‖b‖
double distance(ConstMatrixView a, ConstMatrixView b) {
  return (to_double(a) - to_double(b)).norm() / to_double(b).norm();
}

/// Each operand is off by at most 2^-9 of itself, a third of that in the mean; the depth of two
/// blocks adds up some ten of them, and much less would be no rounding at all.
TEST(Bf16Decoder, IsNearF32AndNotTheSame) {
  NF_SKIP_WITHOUT_BF16();
  for (const TinyModel& model : {tiny_opt(), tiny_opt_350m(), tiny_llama(), tiny_mistral()}) {
    const TempDir dir;
    model.write(dir.path());
    const Matrix f32 = logits_of(dir, Arithmetic::f32, 200),
                 bf16 = logits_of(dir, Arithmetic::bf16, 200);
    const double off = distance(bf16, f32);
    EXPECT_LT(off, 20.0 * 0x1p-9) << model.config.dump();
    EXPECT_GT(off, 0.1 * 0x1p-9) << model.config.dump();
  }
}

TEST(Bf16Decoder, OfAnyThreadsAndLengthGivesTheSameBits) {
  NF_SKIP_WITHOUT_BF16();
  const TempDir dir;
  tiny_llama().write(dir.path());
  const Matrix one = logits_of(dir, Arithmetic::bf16, 200);
  const Threads guard(3);
  EXPECT_TRUE(equal_bits(logits_of(dir, Arithmetic::bf16, 200), one));
  EXPECT_TRUE(equal_bits(logits_of(dir, Arithmetic::bf16, 130), one.view().middle_rows(0, 130)));
}

/// Attention alone, with weights that bf16 has exactly: its scores are rounded as well.
TEST(Bf16Decoder, RoundsAttentionToo) {
  NF_SKIP_WITHOUT_BF16();
  const TempDir dir;
  tiny_llama({.dtype = Dtype::bf16}).write(dir.path());
  Decoder decoder = opened(dir, Arithmetic::bf16);
  decoder.prepare(64);
  const BlockWeights weights = decoder.load_block(0);
  const std::vector<std::int32_t> ids = random_ids(64, decoder.spec().vocab_size);
  Matrix usual(64, decoder.spec().hidden_size), other(64, decoder.spec().hidden_size);
  for (Matrix* hidden : {&usual, &other}) {
    decoder.embed(ids, Layout::window(64), *hidden);
    decoder.run(weights, weights.packed, Layout::window(64), nullptr, *hidden, nullptr,
                hidden == &usual ? Rounding::usual : Rounding::other);
  }
  EXPECT_GT(distance(usual, other), 0.0);
  EXPECT_LT(distance(usual, other), 4.0 * 0x1p-9);
}

TEST(Bf16Decoder, TheOtherRoundingIsF32) {
  NF_SKIP_WITHOUT_BF16();
  const TempDir dir;
  tiny_opt().write(dir.path());
  const Decoder decoder = opened(dir, Arithmetic::bf16);
  EXPECT_EQ(decoder.multiplication().arithmetic, Arithmetic::bf16);
  EXPECT_EQ(decoder.multiplication(Rounding::other).arithmetic, Arithmetic::f32);
  EXPECT_EQ(decoder.multiplication(Rounding::other).summation, Summation::whole);
  EXPECT_EQ(decoder.load_head(0, 300).chunks[0].arithmetic(), Arithmetic::bf16);
  EXPECT_EQ(decoder.load_head(0, 300, {}, Rounding::other).chunks[0].arithmetic(), Arithmetic::f32);
  const Decoder plain = opened(dir, Arithmetic::f32);
  EXPECT_EQ(plain.multiplication(Rounding::other).summation, Summation::halves);
}

}  // namespace
}  // namespace nf
