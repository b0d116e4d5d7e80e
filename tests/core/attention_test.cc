#include "core/model/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "tests/reference/forward.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"

namespace nf {
namespace {

/// Scores of size up to 10 in f32, exp to 1e-7, weighted means of values of size up to 4.
constexpr double kAttentionTolerance = 1e-5;
/// Angles are f32: at 300 radians they are off by 1.5e-5, which the scores take over.
constexpr double kRotaryTolerance = 2e-4;

struct Shape {
  Index heads, key_value_heads, head_dim;
};
const std::vector<Shape> kShapes = {{4, 4, 8}, {4, 2, 16}, {6, 1, 10}, {3, 3, 34}};

struct Window {
  Window(const Shape& shape, Index tokens, std::uint64_t salt = 0)
      : q(random_matrix(tokens, shape.heads * shape.head_dim, 3 * salt + 1, 1.5f)),
        k(random_matrix(tokens, shape.key_value_heads * shape.head_dim, 3 * salt + 2, 1.5f)),
        v(random_matrix(tokens, shape.key_value_heads * shape.head_dim, 3 * salt + 3)) {}
  Matrix q, k, v;
};

DecoderSpec spec_of(const Shape& shape) {
  DecoderSpec spec;
  spec.num_attention_heads = shape.heads;
  spec.num_key_value_heads = shape.key_value_heads;
  spec.head_dim = shape.head_dim;
  spec.attention_scale = 1.0f / std::sqrt(static_cast<float>(shape.head_dim));
  return spec;
}

RopeSpec rope_of(Index head_dim) {
  RopeSpec spec;
  for (Index i = 0; i < head_dim / 2; ++i)
    spec.inverse_frequencies.push_back(std::pow(0.5f, static_cast<float>(i)));
  return spec;
}

Matrix attend(const DecoderSpec& spec, const RopeTable* rope, const Window& w) {
  Matrix out(w.q.rows(), w.q.cols());
  out.fill(-77.0f);
  causal_attention(spec, rope, w.q, w.k, w.v, out);
  return out;
}

TEST(CausalAttention, IsTheMaskedSoftmax) {
  for (const Shape& shape : kShapes)
    for (const Index tokens : {1, 5, 128, 130, 300}) {
      const Window w(shape, tokens);
      const DecoderSpec spec = spec_of(shape);
      const RowMatrix expected =
          reference_attention(to_double(w.q), to_double(w.k), to_double(w.v), shape.heads,
                              shape.key_value_heads, static_cast<double>(spec.attention_scale), {});
      EXPECT_TRUE(tensor_near(attend(spec, nullptr, w), expected, kAttentionTolerance))
          << tokens << " tokens, " << shape.heads << " heads on " << shape.key_value_heads;
    }
}

TEST(CausalAttention, RotatesQueriesAndKeys) {
  for (const Shape& shape : kShapes)
    for (const Index tokens : {1, 5, 128, 130, 300}) {
      const Window w(shape, tokens);
      const DecoderSpec spec = spec_of(shape);
      const RopeSpec rope = rope_of(shape.head_dim);
      const std::vector<double> frequencies(rope.inverse_frequencies.begin(),
                                            rope.inverse_frequencies.end());
      const RowMatrix expected = reference_attention(
          to_double(w.q), to_double(w.k), to_double(w.v), shape.heads, shape.key_value_heads,
          static_cast<double>(spec.attention_scale), frequencies);
      const RopeTable table(rope, 300);  // longer than the window: as runs have it
      EXPECT_TRUE(tensor_near(attend(spec, &table, w), expected, kRotaryTolerance))
          << tokens << " tokens, " << shape.heads << " heads on " << shape.key_value_heads;
    }
}

TEST(CausalAttention, TheFirstPositionSeesItsOwnValueOnly) {
  const Shape shape = kShapes[1];
  const Window w(shape, 9);
  const Matrix out = attend(spec_of(shape), nullptr, w);
  for (Index h = 0; h < shape.heads; ++h)
    for (Index i = 0; i < shape.head_dim; ++i)
      EXPECT_EQ(out(0, h * shape.head_dim + i), w.v(0, h / 2 * shape.head_dim + i));
}

/// A window cut short gives the bits of the longer one's beginning: nothing looks ahead, and the
/// padding of the last tile is like keys that are masked.
TEST(SameBitsAttention, APositionDoesNotDependOnThoseBehindIt) {
  for (const Shape& shape : kShapes) {
    const Window whole(shape, 300);
    const DecoderSpec spec = spec_of(shape);
    const RopeTable table(rope_of(shape.head_dim), 300);
    const Matrix expected = attend(spec, &table, whole);
    for (const Index tokens : {1, 5, 127, 128, 129, 200, 256, 257}) {
      Matrix out(tokens, whole.q.cols());
      causal_attention(spec, &table, whole.q.view().middle_rows(0, tokens),
                       whole.k.view().middle_rows(0, tokens), whole.v.view().middle_rows(0, tokens),
                       out);
      EXPECT_TRUE(equal_bits(out, expected.view().middle_rows(0, tokens))) << tokens;
    }
  }
}

/// A thread's working memory holds what the window before left there.
TEST(SameBitsAttention, OtherWindowsDoNotMatter) {
  const Shape shape = kShapes[1];
  const DecoderSpec spec = spec_of(shape);
  const Window w(shape, 130, 1);
  const Matrix expected = attend(spec, nullptr, w);
  Window bad(shape, 300, 2);
  bad.q.fill(std::nanf(""));
  bad.k.fill(std::nanf(""));
  bad.v.fill(std::nanf(""));
  attend(spec, nullptr, bad);
  EXPECT_TRUE(equal_bits(attend(spec, nullptr, w), expected));
  const Window wide(kShapes[3], 300, 3);
  attend(spec_of(kShapes[3]), nullptr, wide);
  EXPECT_TRUE(equal_bits(attend(spec, nullptr, w), expected));
  for (const Index threads : {2, 3}) {
    set_thread_count(threads);
    parallel_for(12, [&](Index i) {
      if (i % 3 == 0) attend(spec, nullptr, bad);
      EXPECT_TRUE(equal_bits(attend(spec, nullptr, w), expected)) << i;
    });
    set_thread_count(0);
  }
}

TEST(CausalAttention, ShapesAreChecked) {
  const Shape shape = kShapes[1];
  const DecoderSpec spec = spec_of(shape);
  const Window w(shape, 6), longer(shape, 7), other(kShapes[0], 6);
  Matrix out(6, w.q.cols());
  EXPECT_THROW(causal_attention(spec, nullptr, w.q, longer.k, w.v, out), InternalError);
  EXPECT_THROW(causal_attention(spec, nullptr, other.q, w.k, w.v, out), InternalError);
  const RopeTable short_table(rope_of(shape.head_dim), 5);
  EXPECT_THROW(causal_attention(spec, &short_table, w.q, w.k, w.v, out), InternalError);
}

}  // namespace
}  // namespace nf
