#include "core/model/attention.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/ops/elementwise.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// One head's rows, contiguous and padded with zero rows to whole row tiles: [padded T, D].
struct HeadRows {
  void gather(ConstMatrixView all, Index head, Index head_dim) {
    const Index padded = padded_rows(all.rows());
    rows.resize(padded, head_dim);
    for (Index t = 0; t < all.rows(); ++t)
      std::copy_n(all.row(t) + head * head_dim, head_dim, rows.view().row(t));
    std::fill(rows.view().row(all.rows()), rows.data() + rows.size(), 0.0f);
  }
  void rotate(const RopeTable& rope, Index tokens) {
    for (Index t = 0; t < tokens; ++t)
      elementwise_kernels().rotate_half(rows.view().row(t), rope.cos.view().row(t),
                                        rope.sin.view().row(t), rope.cos.cols());
  }
  Matrix rows;
};

struct Scratch {
  HeadRows q, k, v;
  Matrix scores;  // [kRowTile, keys]
  Matrix mixed;   // [kRowTile, D]
};

}  // namespace

void causal_attention(const DecoderSpec& spec, const RopeTable* rope, ConstMatrixView q,
                      ConstMatrixView k, ConstMatrixView v, MatrixView out) {
  const Index tokens = q.rows(), head_dim = spec.head_dim;
  const Index group = spec.num_attention_heads / spec.num_key_value_heads;
  NF_CHECK_SHAPE(q, tokens, spec.num_attention_heads * head_dim);
  NF_CHECK_SHAPE(k, tokens, spec.num_key_value_heads * head_dim);
  NF_CHECK_SHAPE(v, tokens, spec.num_key_value_heads * head_dim);
  NF_CHECK_SHAPE(out, tokens, q.cols());
  NF_CHECK(rope == nullptr || rope->cos.rows() >= tokens, "rope for {} of {} positions",
           rope == nullptr ? 0 : rope->cos.rows(), tokens);

  thread_local Scratch s;
  s.mixed.resize(kRowTile, head_dim);
  for (Index head = 0; head < spec.num_attention_heads; ++head) {
    s.q.gather(q, head, head_dim);
    if (rope != nullptr) s.q.rotate(*rope, tokens);
    if (head % group == 0) {
      s.k.gather(k, head / group, head_dim);
      s.v.gather(v, head / group, head_dim);
      if (rope != nullptr) s.k.rotate(*rope, tokens);
    }
    for (Index first = 0; first < tokens; first += kRowTile) {
      const Index keys = first + kRowTile;  // a tile's last query sees no key behind it
      s.scores.resize(kRowTile, keys);
      matmul_nt(s.q.rows.view().middle_rows(first, kRowTile), s.k.rows.view().middle_rows(0, keys),
                s.scores);
      causal_softmax(s.scores, spec.attention_scale, first);
      matmul_nn(s.scores, s.v.rows.view().middle_rows(0, keys), s.mixed);
      for (Index r = 0; r < std::min(kRowTile, tokens - first); ++r)
        std::copy_n(s.mixed.view().row(r), head_dim, out.row(first + r) + head * head_dim);
    }
  }
}

}  // namespace nf
