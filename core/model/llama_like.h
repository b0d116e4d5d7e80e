#pragma once

#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/model/config_options.h"
#include "core/model/decoder_spec.h"
#include "core/model/hf_config.h"

namespace nf {

/// The differences of a family from Llama. All of them have tensors named as Llama's, a gated MLP,
/// rotary positions, grouped key/value heads.
struct LlamaLike {
  std::string architecture;  ///< "MistralForCausalLM"

  // Defaults where config.json is silent.
  Index key_value_heads = 0;  ///< 0: num_attention_heads
  Index head_dim = 0;         ///< 0: hidden_size / num_attention_heads
  Index max_position_embeddings = 2048;
  bool tied = false;
  double rope_theta = 10000.0;

  bool qkv_bias = false;  ///< q_proj, k_proj and v_proj
  bool o_bias = false;
  bool mlp_bias = false;

  NormKind norm = NormKind::rms_norm;  ///< its epsilon: rms_norm_eps 1e-6, layer_norm_eps 1e-5
  bool parallel = false;               ///< attention and MLP read one norm
  bool interleaved_rope = false;
  bool qk_norm = false;
  bool qk_norm_per_head = false;

  std::vector<Index> sliding_windows{};  ///< [num_hidden_layers] or empty
  std::vector<UnsupportedOption> unsupported{};
};

/// Throws DataError for options that would change the numbers and are not implemented.
DecoderSpec llama_like_spec(const HfConfig& config, const Checkpoint& checkpoint,
                            const LlamaLike& family);

/// `sliding_window`: 4096 where it is absent, 0 (none) where it is null.
Index sliding_window(const HfConfig& config);

/// The window of each layer, 0 for none: as `layer_types` says, and where that is absent `window`
/// from layer `first` on. Throws DataError for kinds of layers other than full_attention and
/// sliding_attention, and for sliding ones where `window` is 0.
std::vector<Index> layer_windows(const HfConfig& config, Index window, Index first);

/// Qwen's way: sliding_window() if `use_sliding_window`, in the layers that layer_windows() names,
/// from `max_window_layers` (28 where absent) on.
std::vector<Index> qwen_windows(const HfConfig& config);

}  // namespace nf
