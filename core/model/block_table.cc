#include "core/model/block_table.h"

#include <cmath>

#include "core/base/check.h"

namespace nf {
namespace {

struct Sizes {
  Index hidden, intermediate, heads, key_value_heads, head_dim;

  Index out(Role role) const {
    switch (role) {
      case Role::q_proj:
        return heads * head_dim;
      case Role::k_proj:
      case Role::v_proj:
        return key_value_heads * head_dim;
      case Role::gate_proj:
      case Role::up_proj:
        return intermediate;
      default:
        return hidden;
    }
  }
  Index in(Role role) const {
    if (role == Role::o_proj) return heads * head_dim;
    return role == Role::down_proj ? intermediate : hidden;
  }
};

/// 0, 1, 2 for query, key, value: their order in every fused tensor.
Index third_of(Role role) {
  const Index third = static_cast<Index>(role) - static_cast<Index>(Role::q_proj);
  NF_CHECK(third >= 0 && third < 3, "{} is not part of a fused tensor", role_name(role));
  return third;
}

LinearTensors linear_tensors(const LinearRow& row, const std::string& block, const Sizes& sizes) {
  LinearTensors linear{row.role, sizes.out(row.role), sizes.in(row.role),
                       block + row.module + ".weight",
                       row.bias ? block + row.module + ".bias" : ""};
  linear.transposed = row.form == LinearForm::conv1d || row.form == LinearForm::conv1d_third;
  if (row.form == LinearForm::by_head) {
    const Index d = sizes.head_dim;
    linear.rows = {.length = d, .first = third_of(row.role) * d, .step = 3 * d};
    linear.tensor_rows = 3 * linear.out;
  }
  if (row.form == LinearForm::conv1d_third) {
    const Index out = linear.out;
    linear.rows = {.length = out, .first = third_of(row.role) * out, .step = out};
    linear.tensor_rows = 3 * out;
  }
  return linear;
}

}  // namespace

float attention_scale(Index head_dim) { return 1.0f / std::sqrt(static_cast<float>(head_dim)); }

NormTensors norm_tensors(const std::string& module, bool bias) {
  return {.weight = module + ".weight", .bias = bias ? module + ".bias" : ""};
}

NormTensors norm_tensors(const NormRow& row, const std::string& prefix) {
  if (row.module.empty()) return {};
  if (row.without_parameters) return {.weight = "", .bias = "", .without_parameters = true};
  return norm_tensors(prefix + row.module, row.bias);
}

void set_blocks(DecoderSpec& spec, const BlockTable& table) {
  const auto layers = static_cast<std::size_t>(spec.num_hidden_layers);
  NF_CHECK(table.attention_scales.empty() || table.attention_scales.size() == layers,
           "attention scales of {} layers", table.attention_scales.size());
  NF_CHECK(table.sliding_windows.empty() || table.sliding_windows.size() == layers,
           "windows of {} layers", table.sliding_windows.size());
  const Sizes sizes{spec.hidden_size, spec.intermediate_size, spec.num_attention_heads,
                    spec.num_key_value_heads, spec.head_dim};
  spec.block = [table, sizes](Index layer) {
    const std::string block = fmt::format("{}{}.", table.blocks, layer);
    const auto at = static_cast<std::size_t>(layer);
    BlockSpec result{
        .attention_norm = norm_tensors(table.attention_norm, block),
        .mlp_norm = norm_tensors(table.mlp_norm, block),
        .linears = {},
        .q_norm = norm_tensors(table.q_norm, block),
        .k_norm = norm_tensors(table.k_norm, block),
        .attention_scale = table.attention_scales.empty() ? attention_scale(sizes.head_dim)
                                                          : table.attention_scales[at],
        .sliding_window = table.sliding_windows.empty() ? 0 : table.sliding_windows[at]};
    for (const LinearRow& row : table.linears)
      result.linears.push_back(linear_tensors(row, block, sizes));
    return result;
  };
}

}  // namespace nf
