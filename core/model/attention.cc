#include "core/model/attention.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/bf16.h"
#include "core/ops/elementwise.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// One head's rows of one segment, contiguous and padded with zero rows: [padded rows, D].
class HeadRows {
 public:
  HeadRows(Matrix& rows, Index head_dim, const RopeTable* rope)
      : rows_(rows), head_dim_(head_dim), rope_(rope) {}

  /// Rows [first, first + count) of head `head` of `all`, as positions from `position` on.
  void gather(ConstMatrixView all, Index head, Index first, Index count, Index position) {
    for (Index r = 0; r < count; ++r) {
      float* const to = rows_.view().row(used_ + r);
      std::copy_n(all.row(first + r) + head * head_dim_, head_dim_, to);
      if (rope_ != nullptr) rope_->rotate(to, position + r);
    }
    used_ += count;
  }
  void start(Index padded) {
    rows_.resize(padded, head_dim_);
    used_ = 0;
  }
  void pad() { std::fill(rows_.view().row(used_), rows_.data() + rows_.size(), 0.0f); }
  ConstMatrixView all() const { return rows_; }

 private:
  Matrix& rows_;
  Index head_dim_;
  const RopeTable* rope_;
  Index used_ = 0;
};

/// A matrix that is multiplied, in the product's arithmetic.
class Operand {
 public:
  Operand(Matrix& rounded, Arithmetic arithmetic) : storage_(rounded), arithmetic_(arithmetic) {}

  /// x has to stay where it is.
  void set(ConstMatrixView x) {
    x_ = x;
    if (arithmetic_ == Arithmetic::bf16) rounded_ = round_rows(x, x.rows(), storage_);
  }
  /// product(a, b) of some rows of two operands, as floats or as bf16.
  template <class Product>
  static void multiply(const Operand& a, Index a_first, Index a_count, const Operand& b,
                       Index b_first, Index b_count, const Product& product) {
    if (a.arithmetic_ == Arithmetic::bf16)
      product(a.rounded_.middle_rows(a_first, a_count), b.rounded_.middle_rows(b_first, b_count));
    else
      product(a.x_.middle_rows(a_first, a_count), b.x_.middle_rows(b_first, b_count));
  }

 private:
  Matrix& storage_;
  Arithmetic arithmetic_;
  ConstMatrixView x_;
  Bf16View rounded_;
};

/// Queries that go through the scores together: as many as kRowTile, fewer for a short segment,
/// which would otherwise mostly multiply padding. A matter of the segment alone.
Index query_tile(Index rows) {
  Index tile = 16;
  while (tile < rows && tile < kRowTile) tile *= 2;
  return tile;
}

}  // namespace

void rotate_keys(const DecoderSpec& spec, const RopeTable& rope, const Layout& layout,
                 MatrixView k) {
  const Index head_dim = spec.head_dim, kv_heads = spec.num_key_value_heads;
  NF_CHECK_SHAPE(k, layout.rows(), kv_heads * head_dim);
  NF_CHECK(rope.positions() >= layout.positions(), "rope for {} of {} positions", rope.positions(),
           layout.positions());
  parallel_for(static_cast<Index>(layout.segments.size()) * kv_heads, [&](Index i) {
    const Segment& segment = layout.segments[static_cast<std::size_t>(i / kv_heads)];
    const Index first_feature = i % kv_heads * head_dim;
    for (Index r = 0; r < segment.rows; ++r)
      rope.rotate(k.row(segment.first + r) + first_feature, segment.prefix_rows + r);
  });
}

void causal_attention(const DecoderSpec& spec, const BlockSpec& block, const RopeTable* rope,
                      const Layout& layout, ConstMatrixView q, ConstMatrixView k, ConstMatrixView v,
                      MatrixView out, KeyState key_state, Arithmetic arithmetic,
                      MatrixView on_first) {
  const Index tokens = q.rows(), head_dim = spec.head_dim;
  const Index group = spec.num_attention_heads / spec.num_key_value_heads;
  NF_CHECK(layout.rows() == tokens, "layout of {} rows for {}", layout.rows(), tokens);
  NF_CHECK_SHAPE(q, tokens, spec.num_attention_heads * head_dim);
  NF_CHECK_SHAPE(k, tokens, spec.num_key_value_heads * head_dim);
  NF_CHECK_SHAPE(v, tokens, spec.num_key_value_heads * head_dim);
  NF_CHECK_SHAPE(out, tokens, q.cols());
  if (on_first.size() > 0) NF_CHECK_SHAPE(on_first, tokens, spec.num_attention_heads);
  NF_CHECK(rope == nullptr || rope->positions() >= layout.positions(),
           "rope for {} of {} positions", rope == nullptr ? 0 : rope->positions(),
           layout.positions());

  const Index kv_heads = spec.num_key_value_heads;
  parallel_for(static_cast<Index>(layout.segments.size()) * kv_heads, [&](Index i) {
    thread_local Matrix query_rows, key_rows, value_rows, scores, mixed;
    thread_local Matrix rounded_queries, rounded_keys, rounded_values, rounded_scores;
    Operand query(rounded_queries, arithmetic), key(rounded_keys, arithmetic),
        value(rounded_values, arithmetic), weights(rounded_scores, arithmetic);
    const RopeTable* const key_rope = key_state == KeyState::rotated ? nullptr : rope;
    HeadRows queries(query_rows, head_dim, rope), keys(key_rows, head_dim, key_rope),
        values(value_rows, head_dim, nullptr);
    const Segment& segment = layout.segments[static_cast<std::size_t>(i / kv_heads)];
    const Index kv_head = i % kv_heads;
    const Index tile = query_tile(segment.rows);
    const auto gather_all = [&](HeadRows& rows, ConstMatrixView all) {
      rows.start(padded_rows(segment.positions() + tile));
      rows.gather(all, kv_head, segment.prefix_first, segment.prefix_rows, 0);
      rows.gather(all, kv_head, segment.first, segment.rows, segment.prefix_rows);
      rows.pad();
    };
    gather_all(keys, k);
    gather_all(values, v);
    key.set(keys.all());
    value.set(values.all());
    mixed.resize(tile, head_dim);
    for (Index head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      queries.start((segment.rows + tile - 1) / tile * tile);
      queries.gather(q, head, segment.first, segment.rows, segment.prefix_rows);
      queries.pad();
      query.set(queries.all());
      const float slope =
          spec.alibi_slopes.empty() ? 0.0f : spec.alibi_slopes[static_cast<std::size_t>(head)];
      for (Index first = 0; first < segment.rows; first += tile) {
        CausalMask mask{.first_query = segment.prefix_rows + first, .window = block.sliding_window};
        // Whole tiles of keys, from the oldest that the first query sees to the last one's own.
        if (mask.window > 0)
          mask.first_key =
              std::max<Index>(0, mask.first_query - mask.window + 1) / kRowTile * kRowTile;
        const Index count = padded_rows(mask.first_query + tile) - mask.first_key;
        scores.resize(tile, count);
        Operand::multiply(query, first, tile, key, mask.first_key, count,
                          [](auto a, auto b) { matmul_nt(a, b, scores); });
        causal_softmax(scores, block.attention_scale, slope, mask);
        if (on_first.size() > 0)
          for (Index r = 0; r < std::min(tile, segment.rows - first); ++r)
            on_first(segment.first + first + r, head) = mask.first_key > 0 ? 0.0f : scores(r, 0);
        weights.set(scores);
        Operand::multiply(weights, 0, tile, value, mask.first_key, count,
                          [](auto a, auto b) { matmul_nn(a, b, mixed); });
        for (Index r = 0; r < std::min(tile, segment.rows - first); ++r)
          std::copy_n(mixed.view().row(r), head_dim,
                      out.row(segment.first + first + r) + head * head_dim);
      }
    }
  });
}

}  // namespace nf
