#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/types.h"
#include "core/model/site.h"

namespace nf {

/// How rows are normalised before a sub-layer.
enum class NormKind { layer_norm, rms_norm };
enum class MlpKind {
  relu,  ///< down(relu(up(x)))
  silu,  ///< down(silu(gate(x)) · up(x)), SwiGLU
};

/// Where a norm's parameters lie in the checkpoint. Empty bias: none.
struct NormTensors {
  std::string weight;  ///< [H]
  std::string bias;    ///< [H]
};

/// Where one linear lies in the checkpoint.
struct LinearTensors {
  Role role;
  Index out = 0;
  Index in = 0;
  std::string weight;  ///< [out, in]
  std::string bias;    ///< [out]; empty: none
};

/// One decoder block's tensors, in the order in which it uses them.
struct BlockTensors {
  NormTensors attention_norm;
  NormTensors mlp_norm;
  std::vector<LinearTensors> linears;
};

/// Rotary positions in the half-rotation form (arXiv 2104.09864, as transformers computes it).
struct RopeSpec {
  std::vector<float> inverse_frequencies;  ///< [D/2], radians per position
};

/// Learned positions: row (position + offset) of `tensor` is added to the embedding.
struct LearnedPositions {
  std::string tensor;
  Index offset = 0;
};

/// A family member as data: shapes, options and where every tensor lies. An architecture file makes
/// one out of config.json; the decoder runs whatever it says. Field names are Hugging Face's.
struct DecoderSpec {
  std::string architecture;  ///< "OPTForCausalLM"
  Index hidden_size = 0;
  Index intermediate_size = 0;
  Index num_hidden_layers = 0;
  Index num_attention_heads = 0;
  Index num_key_value_heads = 0;
  Index head_dim = 0;
  Index vocab_size = 0;
  Index max_position_embeddings = 0;
  std::optional<Index> bos_token_id;

  NormKind norm = NormKind::layer_norm;
  float norm_eps = 1e-5f;
  MlpKind mlp = MlpKind::relu;
  float attention_scale = 1.0f;  ///< factor on q·k, usually 1/sqrt(head_dim)
  std::optional<RopeSpec> rope;
  std::optional<LearnedPositions> positions;

  std::string embed_tokens;  ///< [V, H]
  std::string lm_head;       ///< [V, H]; the same name as embed_tokens where they are tied
  NormTensors final_norm;
  std::function<BlockTensors(Index layer)> block;

  /// Tensor names (exact or, with a leading '*', by ending) that a checkpoint may hold beside
  /// these.
  std::vector<std::string> ignored;
  /// The family's own names of the roles, accepted in selectors: {"fc1", up_proj}.
  std::vector<std::pair<std::string, Role>> aliases;

  bool has_gate() const { return mlp == MlpKind::silu; }
  /// The linears of a block, in order of use.
  std::vector<Role> roles() const;
};

}  // namespace nf
