#pragma once

#include "core/model/decoder_spec.h"
#include "core/model/layout.h"
#include "core/model/rope.h"
#include "core/tensor/view.h"

namespace nf {

/// Causal multi-head attention, segment by segment. Segments and key/value heads are shared out
/// among the threads unless the caller is one of them already. q: [T, A·D]  k, v: [T, K·D]  out:
/// [T, A·D]; head h of the queries reads key/value head h / (A/K). rope: rotates queries and keys
/// where not null. block: scale and sliding window.
void causal_attention(const DecoderSpec& spec, const BlockSpec& block, const RopeTable* rope,
                      const Layout& layout, ConstMatrixView q, ConstMatrixView k, ConstMatrixView v,
                      MatrixView out);

}  // namespace nf
