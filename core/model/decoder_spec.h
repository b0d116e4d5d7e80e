#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/types.h"
#include "core/model/site.h"
#include "core/ops/elementwise.h"

namespace nf {

enum class NormKind { layer_norm, rms_norm };

/// The order in which the two sub-layers of a block read the stream x and add to it.
enum class BlockForm {
  sequential,  ///< x += attention(norm₁(x)); x += mlp(norm₂(x))
  parallel,  ///< x += attention(norm₁(x)) + mlp(norm₂(x)); without norm₂ both read norm₁(x)
  post_norm,  ///< x = norm₁(x + attention(x)); x = norm₂(x + mlp(x))
};

/// Names of a norm's parameters in the checkpoint. Empty weight: there is no such norm; empty bias:
/// it has none.
struct NormTensors {
  std::string weight;
  std::string bias;
  bool without_parameters = false;  ///< there is one, of weight 1 and without bias; no names
  bool exists() const { return !weight.empty() || without_parameters; }
};

/// A role's rows of a fused tensor: runs of `length` rows, the first beginning at row `first`, each
/// `step` rows after the one before. Row r of the role is row first + (r / length)·step + r %
/// length of the tensor. length 0: the tensor's rows as they are.
struct RowRuns {
  Index length = 0;
  Index first = 0;
  Index step = 0;
};

/// One linear as the model uses it, [out, in], and where it lies in the checkpoint.
struct LinearTensors {
  Role role;
  Index out = 0;
  Index in = 0;
  std::string weight;  ///< [tensor_rows, in], or [in, tensor_rows] where transposed
  std::string bias;    ///< [tensor_rows]; empty: none
  /// Rows of a tensor that holds more than this linear (fused query/key/value).
  RowRuns rows{};
  Index tensor_rows = 0;    ///< output rows of the whole tensor; 0: `out`
  bool transposed = false;  ///< stored [in, out], as GPT-2's Conv1D does

  Index source_rows() const { return tensor_rows == 0 ? out : tensor_rows; }
};

/// One decoder block.
struct BlockSpec {
  NormTensors attention_norm;          ///< [H]
  NormTensors mlp_norm;                ///< [H]
  std::vector<LinearTensors> linears;  ///< in the order in which the block uses them
  /// Norms of each query and key head over its D features, before rotation: weight [D], or one for
  /// each head, [A, D] and [K, D] (DecoderSpec::qk_norm_per_head).
  NormTensors q_norm{}, k_norm{};
  float attention_scale = 1.0f;  ///< factor on q·k, usually 1/sqrt(head_dim)
  Index sliding_window = 0;      ///< a query sees that many keys up to its own; 0: all before it
};

/// Rotary positions (arXiv 2104.09864, as transformers computes them) of the first 2·n features of
/// each head; the features behind are left alone.
struct RopeSpec {
  std::vector<float> inverse_frequencies;  ///< [n], radians per position
  /// false: feature i turns with feature i + n; true: feature 2i with feature 2i + 1.
  bool interleaved = false;
};

/// Learned positions: row (position + offset) of `tensor`, [positions, H], is added.
struct LearnedPositions {
  std::string tensor;
  Index offset = 0;
};

/// A family member as data: shapes, options and where every tensor lies. An architecture file makes
/// one out of config.json; the decoder runs whatever it says. Field names are Hugging Face's.
struct DecoderSpec {
  std::string architecture;  ///< "OPTForCausalLM"
  Index hidden_size = 0;     ///< H
  Index intermediate_size = 0;
  Index num_hidden_layers = 0;
  Index num_attention_heads = 0;
  Index num_key_value_heads = 0;
  Index head_dim = 0;
  Index vocab_size = 0;
  /// Longest window that the model was made for, or has positions for.
  Index max_position_embeddings = 0;
  std::optional<Index> bos_token_id;
  std::string bos_problem{};  ///< the message where config.json's is no token of the model

  NormKind norm = NormKind::layer_norm;
  float norm_eps = 1e-5f;
  Activation activation = Activation::relu;
  bool gated = false;  ///< down(act(gate(x)) · up(x)) instead of down(act(up(x)))
  BlockForm form = BlockForm::sequential;
  /// The stream goes on from norm(x) instead of x (BLOOM's
  /// apply_residual_connection_post_layernorm).
  bool residual_from_norm = false;
  bool qk_norm_per_head = false;

  std::optional<RopeSpec> rope;
  std::optional<LearnedPositions> positions;
  /// Slopes of the heads: slope · key position is added to scores (arXiv 2108.12409). [A] or empty.
  std::vector<float> alibi_slopes;

  std::string embed_tokens;      ///< [V, E]
  Index embed_size = 0;          ///< E: width of embedding and head; 0: H
  std::string project_in{};      ///< [H, E] from embedding to blocks; empty: none
  std::string project_out{};     ///< [E, H] from final norm to head; empty: none
  NormTensors embedding_norm{};  ///< [H], after embedding and positions
  NormTensors final_norm{};      ///< [H]
  std::string lm_head;           ///< [V, E]; the same name as embed_tokens where they are tied
  float logit_scale = 1.0f;
  std::function<BlockSpec(Index layer)> block;

  /// Tensor names (exact or, with a leading '*', by ending) that a checkpoint may hold beside
  /// these: buffers that config.json implies, and a tied head saved twice.
  std::vector<std::string> ignored;
  /// The family's own names of the roles, accepted in selectors: {"fc1", up_proj}.
  std::vector<std::pair<std::string, Role>> aliases;

  Index embedding_size() const { return embed_size == 0 ? hidden_size : embed_size; }
  /// Throws DataError where the bos_token_id that is used, config.json's, is no token of the model.
  void check_bos() const;
  /// The linears of a block, in order of use.
  std::vector<Role> roles() const;
  /// Roles that read the same tensor share one distorted input; draws use the first role's name:
  /// q/k/v read what q_proj reads, gate/up what gate_proj reads (up_proj where there is no gate),
  /// and where a parallel block has one norm all of these read what q_proj reads.
  Role input_owner(Role role) const;
};

/// A tensor of the checkpoint as the model expects it.
struct ExpectedTensor {
  std::string name;
  std::vector<Index> shape;
};
/// Every tensor that the model uses, in the order of the forward pass, each once.
std::vector<ExpectedTensor> expected_tensors(const DecoderSpec& spec);

}  // namespace nf
