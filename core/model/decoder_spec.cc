#include "core/model/decoder_spec.h"

#include <set>

#include "core/base/error.h"

namespace nf {

void DecoderSpec::check_bos() const {
  if (!bos_problem.empty()) throw DataError(bos_problem);
}

std::vector<Role> DecoderSpec::roles() const {
  std::vector<Role> roles;
  for (const LinearTensors& linear : block(0).linears) roles.push_back(linear.role);
  return roles;
}

Role DecoderSpec::input_owner(Role role) const {
  switch (role) {
    case Role::k_proj:
    case Role::v_proj:
      return Role::q_proj;
    case Role::gate_proj:
    case Role::up_proj:
      if (form == BlockForm::parallel && !block(0).mlp_norm.exists()) return Role::q_proj;
      return gated ? Role::gate_proj : Role::up_proj;
    default:
      return role;
  }
}

std::vector<ExpectedTensor> expected_tensors(const DecoderSpec& spec) {
  std::vector<ExpectedTensor> tensors;
  std::set<std::string> seen;
  const auto expect = [&](const std::string& name, std::vector<Index> shape) {
    if (!name.empty() && seen.insert(name).second) tensors.push_back({name, std::move(shape)});
  };
  const auto expect_norm = [&](const NormTensors& norm, const std::vector<Index>& shape) {
    expect(norm.weight, shape);
    expect(norm.bias, shape);
  };
  const Index h = spec.hidden_size, e = spec.embedding_size(), d = spec.head_dim;
  const auto head_shape = [&](Index heads) {
    return spec.qk_norm_per_head ? std::vector<Index>{heads, d} : std::vector<Index>{d};
  };
  expect(spec.embed_tokens, {spec.vocab_size, e});
  expect(spec.project_in, {h, e});
  if (spec.positions)
    expect(spec.positions->tensor, {spec.max_position_embeddings + spec.positions->offset, h});
  expect_norm(spec.embedding_norm, {h});
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    const BlockSpec block = spec.block(layer);
    expect_norm(block.attention_norm, {h});
    expect_norm(block.mlp_norm, {h});
    expect_norm(block.q_norm, head_shape(spec.num_attention_heads));
    expect_norm(block.k_norm, head_shape(spec.num_key_value_heads));
    for (const LinearTensors& linear : block.linears) {
      const Index rows = linear.source_rows();
      expect(linear.weight, linear.transposed ? std::vector<Index>{linear.in, rows}
                                              : std::vector<Index>{rows, linear.in});
      expect(linear.bias, {rows});
    }
  }
  expect_norm(spec.final_norm, {h});
  expect(spec.project_out, {e, h});
  expect(spec.lm_head, {spec.vocab_size, e});
  return tensors;
}

}  // namespace nf
