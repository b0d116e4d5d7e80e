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
#include "tests/support/threads.h"

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
  return spec;
}

BlockSpec block_of(const Shape& shape, Index sliding_window = 0) {
  BlockSpec block;
  block.attention_scale = 1.0f / std::sqrt(static_cast<float>(shape.head_dim));
  block.sliding_window = sliding_window;
  return block;
}

ReferenceAttention reference_of(const Shape& shape) {
  return {.heads = shape.heads,
          .key_value_heads = shape.key_value_heads,
          .scale = static_cast<double>(block_of(shape).attention_scale)};
}

RopeSpec rope_of(Index head_dim) {
  RopeSpec spec;
  for (Index i = 0; i < head_dim / 2; ++i)
    spec.inverse_frequencies.push_back(std::pow(0.5f, static_cast<float>(i)));
  return spec;
}

Matrix attend(const Shape& shape, const RopeTable* rope, const Window& w) {
  Matrix out(w.q.rows(), w.q.cols());
  out.fill(-77.0f);
  causal_attention(spec_of(shape), block_of(shape), rope, Layout::window(w.q.rows()), w.q, w.k, w.v,
                   out);
  return out;
}

TEST(CausalAttention, IsTheMaskedSoftmax) {
  for (const Shape& shape : kShapes)
    for (const Index tokens : {1, 5, 128, 130, 300}) {
      const Window w(shape, tokens);
      const RowMatrix expected =
          reference_attention(to_double(w.q), to_double(w.k), to_double(w.v), reference_of(shape));
      EXPECT_TRUE(tensor_near(attend(shape, nullptr, w), expected, kAttentionTolerance))
          << tokens << " tokens, " << shape.heads << " heads on " << shape.key_value_heads;
    }
}

TEST(CausalAttention, RotatesQueriesAndKeys) {
  for (const Shape& shape : kShapes)
    for (const Index tokens : {1, 5, 128, 130, 300}) {
      const Window w(shape, tokens);
      const RopeSpec rope = rope_of(shape.head_dim);
      ReferenceAttention reference = reference_of(shape);
      reference.inverse_frequencies.assign(rope.inverse_frequencies.begin(),
                                           rope.inverse_frequencies.end());
      const RowMatrix expected =
          reference_attention(to_double(w.q), to_double(w.k), to_double(w.v), reference);
      const RopeTable table(rope, 300);  // longer than the window: as runs have it
      EXPECT_TRUE(tensor_near(attend(shape, &table, w), expected, kRotaryTolerance))
          << tokens << " tokens, " << shape.heads << " heads on " << shape.key_value_heads;
    }
}

TEST(CausalAttention, TheFirstPositionSeesItsOwnValueOnly) {
  const Shape shape = kShapes[1];
  const Window w(shape, 9);
  const Matrix out = attend(shape, nullptr, w);
  for (Index h = 0; h < shape.heads; ++h)
    for (Index i = 0; i < shape.head_dim; ++i)
      EXPECT_EQ(out(0, h * shape.head_dim + i), w.v(0, h / 2 * shape.head_dim + i));
}

/// A window cut short gives the bits of the longer one's beginning: nothing looks ahead, and the
/// padding of the last tile is like keys that are masked.
TEST(SameBitsAttention, APositionDoesNotDependOnThoseBehindIt) {
  for (const Shape& shape : kShapes) {
    const Window whole(shape, 300);
    const RopeTable table(rope_of(shape.head_dim), 300);
    const Matrix expected = attend(shape, &table, whole);
    for (const Index tokens : {1, 5, 127, 128, 129, 200, 256, 257}) {
      Matrix out(tokens, whole.q.cols());
      causal_attention(spec_of(shape), block_of(shape), &table, Layout::window(tokens),
                       whole.q.view().middle_rows(0, tokens), whole.k.view().middle_rows(0, tokens),
                       whole.v.view().middle_rows(0, tokens), out);
      EXPECT_TRUE(equal_bits(out, expected.view().middle_rows(0, tokens))) << tokens;
    }
  }
}

/// A thread's working memory holds what the window before left there.
TEST(SameBitsAttention, OtherWindowsDoNotMatter) {
  const Shape shape = kShapes[1];
  const Window w(shape, 130, 1);
  const Matrix expected = attend(shape, nullptr, w);
  Window bad(shape, 300, 2);
  bad.q.fill(std::nanf(""));
  bad.k.fill(std::nanf(""));
  bad.v.fill(std::nanf(""));
  attend(shape, nullptr, bad);
  EXPECT_TRUE(equal_bits(attend(shape, nullptr, w), expected));
  const Window wide(kShapes[3], 300, 3);
  attend(kShapes[3], nullptr, wide);
  EXPECT_TRUE(equal_bits(attend(shape, nullptr, w), expected));
  for (const Index threads : {2, 3}) {
    const Threads guard(threads);
    parallel_for(12, [&](Index i) {
      if (i % 3 == 0) attend(shape, nullptr, bad);
      EXPECT_TRUE(equal_bits(attend(shape, nullptr, w), expected)) << i;
    });
  }
}

/// A question: a context of P rows that two choices continue, each as if it stood there alone; and
/// a window that has nothing to do with it. The company of a segment changes no bit; a choice
/// against the whole sequence is only near, because with AVX2 the bits of a score depend on the
/// query's place in its tile.
TEST(SameBitsAttention, SegmentsContinueTheirPrefixAlone) {
  for (const Shape& shape : kShapes)
    for (const Index prefix : {1, 7, 100, 120, 128, 200}) {
      const RopeTable table(rope_of(shape.head_dim), 300);
      const Window first(shape, prefix + 9, 1), second(shape, prefix + 30, 2), other(shape, 40, 3);
      // first and second share the prefix's rows.
      Window shared(shape, prefix + 30, 2);
      for (auto [to, from] : {std::pair(&shared.q, &first.q), std::pair(&shared.k, &first.k),
                              std::pair(&shared.v, &first.v)})
        std::copy_n(from->data(), prefix * from->cols(), to->data());
      const auto together = [&](const Matrix& a, const Matrix& b, const Matrix& c) {
        Matrix all(prefix + 9 + 30 + 40, a.cols());
        std::copy_n(c.data(), c.size(), all.data());
        std::copy_n(a.data(), a.size(), all.view().row(40));
        std::copy_n(b.view().row(prefix), 30 * b.cols(), all.view().row(40 + prefix + 9));
        return all;
      };
      const Matrix q = together(first.q, shared.q, other.q),
                   k = together(first.k, shared.k, other.k),
                   v = together(first.v, shared.v, other.v);
      const Layout layout{
          {{.first = 0, .rows = 40},
           {.first = 40, .rows = prefix},
           {.first = 40 + prefix, .rows = 9, .prefix_first = 40, .prefix_rows = prefix},
           {.first = 49 + prefix, .rows = 30, .prefix_first = 40, .prefix_rows = prefix}}};
      Matrix out(q.rows(), q.cols());
      causal_attention(spec_of(shape), block_of(shape), &table, layout, q, k, v, out);
      Matrix rotated = together(first.k, shared.k, other.k), same(q.rows(), q.cols());
      rotate_keys(spec_of(shape), table, layout, rotated);
      causal_attention(spec_of(shape), block_of(shape), &table, layout, q, rotated, v, same,
                       KeyState::rotated);
      EXPECT_TRUE(equal_bits(same, out)) << prefix;
      EXPECT_TRUE(equal_bits(out.view().middle_rows(0, 40), attend(shape, &table, other)));
      const Matrix alone = attend(shape, &table, first);
      EXPECT_TRUE(
          equal_bits(out.view().middle_rows(40, prefix), alone.view().middle_rows(0, prefix)))
          << prefix;
      EXPECT_TRUE(tensor_near(out.view().middle_rows(40 + prefix, 9),
                              to_double(alone.view().middle_rows(prefix, 9)), kAttentionTolerance))
          << prefix;
      const Matrix whole = attend(shape, &table, shared);
      EXPECT_TRUE(tensor_near(out.view().middle_rows(49 + prefix, 30),
                              to_double(whole.view().middle_rows(prefix, 30)), kAttentionTolerance))
          << prefix;
    }
}

/// A sliding window and a slope, by the formula in double.
TEST(CausalAttention, SeesAWindowOfKeysAndTheirSlope) {
  const Shape shape{3, 3, 10};
  const Index tokens = 300;
  const Window w(shape, tokens);
  for (const Index window : {0, 1, 16, 128, 130}) {
    DecoderSpec spec = spec_of(shape);
    spec.alibi_slopes = {0.0f, 0.25f, 0.0625f};
    const BlockSpec block = block_of(shape, window);
    Matrix out(tokens, w.q.cols());
    causal_attention(spec, block, nullptr, Layout::window(tokens), w.q, w.k, w.v, out);
    ReferenceAttention reference = reference_of(shape);
    reference.sliding_window = window;
    reference.alibi_slopes = {0.0, 0.25, 0.0625};
    const RowMatrix expected =
        reference_attention(to_double(w.q), to_double(w.k), to_double(w.v), reference);
    // slope · position is rounded at 75 (2^-18), as transformers adds it.
    EXPECT_TRUE(tensor_near(out, expected, 4.0 * kAttentionTolerance)) << window;
  }
}

TEST(CausalAttention, ShapesAreChecked) {
  const Shape shape = kShapes[1];
  const DecoderSpec spec = spec_of(shape);
  const Window w(shape, 6), longer(shape, 7), other(kShapes[0], 6);
  const BlockSpec block = block_of(shape);
  const Layout layout = Layout::window(6);
  Matrix out(6, w.q.cols());
  EXPECT_THROW(causal_attention(spec, block, nullptr, layout, w.q, longer.k, w.v, out),
               InternalError);
  EXPECT_THROW(causal_attention(spec, block, nullptr, layout, other.q, w.k, w.v, out),
               InternalError);
  EXPECT_THROW(causal_attention(spec, block, nullptr, Layout::window(5), w.q, w.k, w.v, out),
               InternalError);
  const RopeTable short_table(rope_of(shape.head_dim), 5);
  EXPECT_THROW(causal_attention(spec, block, &short_table, layout, w.q, w.k, w.v, out),
               InternalError);
}

}  // namespace
}  // namespace nf
