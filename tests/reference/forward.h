#pragma once

/// The model as its papers write it, in double, every matrix in full: slow and obvious. It reads
/// the checkpoint by itself and shares nothing with core/model, so that the two can be compared.

#include <filesystem>
#include <span>
#include <vector>

#include "core/base/json.h"
#include "tests/support/tensor_near.h"

namespace nf {

/// What a forward pass goes through. T: tokens, H: hidden_size, V: vocab_size.
struct ReferenceForward {
  std::vector<RowMatrix> hidden;  ///< [T, H]: the embeddings, then the state after each block
  RowMatrix normed;               ///< [T, H]: what the head reads
  RowMatrix logits;               ///< [T, V]
};

/// One window from position 0 through the OPT or Llama checkpoint in `dir`.
ReferenceForward reference_forward(const std::filesystem::path& dir,
                                   std::span<const std::int32_t> ids);

/// softmax(mask(scale·q·kᵀ))·v per head, all T × T scores at once.
/// q: [T, A·D]  k, v: [T, K·D]  inverse_frequencies: [D/2], or empty for no rotary positions.
RowMatrix reference_attention(const RowMatrix& q, const RowMatrix& k, const RowMatrix& v,
                              Index heads, Index key_value_heads, double scale,
                              const std::vector<double>& inverse_frequencies);

/// θ^(−2i/D) (arXiv 2104.09864, section 3.2.2), slowed down as `rope_scaling` in config.json says:
/// linear (arXiv 2306.15595) or llama3 (the rule of Meta's llama-models, apply_scaling).
std::vector<double> reference_frequencies(const Json& config, Index head_dim);

}  // namespace nf
