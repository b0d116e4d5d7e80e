#pragma once

#include <string>
#include <vector>

#include "core/model/decoder_spec.h"

namespace nf {

/// The layout of a linear in the checkpoint. [out, in] are the role's own sizes.
enum class LinearForm {
  plain,         ///< [out, in]
  by_head,       ///< query, key and value of each head in turn: [heads, 3, head_dim, in]
  conv1d,        ///< [in, out]
  conv1d_third,  ///< query, key and value side by side: [in, 3, out]
};

/// One linear of every block. Its shape follows from the role and the model's sizes.
struct LinearRow {
  Role role;
  std::string module;  ///< under the block: "self_attn.q_proj", with .weight and .bias below
  bool bias = false;
  LinearForm form = LinearForm::plain;
};

/// One norm of every block. Empty module: there is no such norm.
struct NormRow {
  std::string module{};
  bool bias = false;
  bool without_parameters = false;  ///< as in NormTensors
};

/// The tensors of a family's blocks, all of one kind.
struct BlockTable {
  std::string blocks;  ///< "model.layers.": the block's number and a dot follow
  NormRow attention_norm;
  NormRow mlp_norm{};
  NormRow q_norm{}, k_norm{};
  std::vector<LinearRow> linears;  ///< in the order in which the block uses them
  /// [num_hidden_layers] or empty: as in BlockSpec, by default 1/sqrt(head_dim) and 0.
  std::vector<float> attention_scales{};
  std::vector<Index> sliding_windows{};
};

/// 1/sqrt(head_dim)
float attention_scale(Index head_dim);

/// "model.norm" -> "model.norm.weight" and, where it has one, "model.norm.bias"
NormTensors norm_tensors(const std::string& module, bool bias);
/// The tensors of a norm under `prefix`.
NormTensors norm_tensors(const NormRow& row, const std::string& prefix);

/// Fills in spec.block; the spec's sizes must be filled in already.
void set_blocks(DecoderSpec& spec, const BlockTable& table);

}  // namespace nf
