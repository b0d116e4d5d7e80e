#pragma once

#include "core/model/decoder_spec.h"
#include "core/model/layout.h"
#include "core/model/rope.h"
#include "core/ops/gemm.h"
#include "core/tensor/view.h"

namespace nf {

/// Whether keys are as k_proj (and its norm) left them, or have been through rotate_keys().
enum class KeyState { projected, rotated };

/// Rotates every row of the keys as its position in the layout says. Gives the bits that
/// causal_attention() works on when it rotates them itself. k: [T, K·D]
void rotate_keys(const DecoderSpec& spec, const RopeTable& rope, const Layout& layout,
                 MatrixView k);

/// Causal multi-head attention, segment by segment. Segments and key/value heads are shared out
/// among the threads unless the caller is one of them already. q: [T, A·D]  k, v: [T, K·D]  out:
/// [T, A·D]; head h of the queries reads key/value head h / (A/K). rope: rotates queries and keys
/// where not null; keys that have been rotated before stay as they are. block: scale and sliding
/// window. arithmetic: of both products; the soft-max between them is f32. on_first: where not
/// empty, takes the share of its attention that each query of each head gives to position 0, 0
/// beyond a sliding window, [T, A].
void causal_attention(const DecoderSpec& spec, const BlockSpec& block, const RopeTable* rope,
                      const Layout& layout, ConstMatrixView q, ConstMatrixView k, ConstMatrixView v,
                      MatrixView out, KeyState key_state = KeyState::projected,
                      Arithmetic arithmetic = Arithmetic::f32, MatrixView on_first = {});

}  // namespace nf
