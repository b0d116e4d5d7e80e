#pragma once

/// The models as their papers write them, in double, every matrix in full: slow and obvious. They
/// read the checkpoint by themselves and share nothing with core/model, so that the two can be
/// compared. Where the papers leave something open they do as Hugging Face transformers does.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "tests/support/tensor_near.h"

namespace nf {

/// The states of a forward pass. T: tokens, H: hidden_size, V: vocab_size, E: width of the
/// embeddings (H but for OPT-350m).
struct ReferenceForward {
  std::vector<RowMatrix> hidden;  ///< [T, H]: the first block's input, then each block's output
  RowMatrix normed;               ///< [T, E]: the head's input
  RowMatrix logits;               ///< [T, V]
};

/// Sees the states of each block, in the order of the forward pass, and may change them:
/// "layers.0.k_cache", the keys as the queries read them (normed, rotated), and "layers.0.v_cache",
/// the values, both [T, K·D]; "layers.0.resid", the stream behind the block, [T, H].
using ReferenceStateHook = std::function<void(const std::string& site, RowMatrix& state)>;

/// One window from position 0 through the checkpoint in `dir`. Model types: opt, llama, mistral,
/// cohere, bloom, gpt2, gpt_neox, qwen2 and qwen3.
ReferenceForward reference_forward(const std::filesystem::path& dir,
                                   std::span<const std::int32_t> ids,
                                   const ReferenceStateHook& hook = {});

/// A: heads, K: key_value_heads.
struct ReferenceAttention {
  Index heads = 1;
  Index key_value_heads = 1;
  double scale = 1.0;
  /// They turn the first 2n features of each head; empty: no rotary positions.
  std::vector<double> inverse_frequencies{};
  bool interleaved = false;            ///< feature 2i turns with 2i + 1 instead of i with i + n
  Index sliding_window = 0;            ///< keys that a query sees, its own included; 0: all
  std::vector<double> alibi_slopes{};  ///< [A] or empty
  /// May change keys, already rotated, and values before any query reads them: [T, K·D] each.
  std::function<void(RowMatrix& keys, RowMatrix& values)> change_cache{};
};

/// softmax(mask(scale·q·kᵀ + slope·(s − t)))·v per head, all T × T scores at once.
/// q: [T, A·D]  k, v: [T, K·D]
RowMatrix reference_attention(const RowMatrix& q, const RowMatrix& k, const RowMatrix& v,
                              const ReferenceAttention& attention);

}  // namespace nf
