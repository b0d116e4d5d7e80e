#pragma once

#include "core/model/decoder_spec.h"
#include "core/model/rope.h"
#include "core/tensor/view.h"

namespace nf {

/// Causal multi-head attention over one window, in the calling thread.
/// q: [T, A·D]  k, v: [T, K·D]  out: [T, A·D]; head h of the queries reads key/value head
/// h / (A/K). rope: rotates queries and keys where not null.
void causal_attention(const DecoderSpec& spec, const RopeTable* rope, ConstMatrixView q,
                      ConstMatrixView k, ConstMatrixView v, MatrixView out);

}  // namespace nf
