#pragma once

#include "core/tensor/view.h"

namespace nf {

/// KL(p‖q) in nats between the softmaxes of two rows of f32 logits [n], by the definition: whole
/// rows, one value at a time, in long double, as Σ p·(d + e^-d − 1) with d = log p − log q, whose
/// terms are all positive.
double reference_kl(const float* p_logits, const float* q_logits, Index n);

}  // namespace nf
