#include "tests/reference/sublayer_reference.h"

#include <stdexcept>

#include "tests/reference/forward_parts.h"

namespace nf {
namespace {

std::vector<RowMatrix> all_to_double(const std::vector<Matrix>& windows) {
  std::vector<RowMatrix> all;
  for (const Matrix& window : windows) all.push_back(to_double(window));
  return all;
}

/// The mean of the squares of all values.
double mean_square(const std::vector<RowMatrix>& parts) {
  double sum = 0.0;
  Index count = 0;
  for (const RowMatrix& part : parts) {
    sum += part.squaredNorm();
    count += part.size();
  }
  return sum / static_cast<double>(count);
}

}  // namespace

ReferenceSublayers::ReferenceSublayers(const Decoder& decoder, Index layer,
                                       const std::vector<Matrix>& attention,
                                       const std::vector<Matrix>& mlp)
    : gated_(decoder.spec().gated), activation_(decoder.spec().activation) {
  const DecoderSpec& spec = decoder.spec();
  const BlockWeights block = decoder.load_block(layer);
  attention_ = {.heads = spec.num_attention_heads,
                .key_value_heads = spec.num_key_value_heads,
                .scale = static_cast<double>(block.spec.attention_scale)};
  if (spec.rope)
    for (const float f : spec.rope->inverse_frequencies)
      attention_.inverse_frequencies.push_back(static_cast<double>(f));
  for (const LinearTensors& linear : block.spec.linears) {
    Matrix weight(linear.out, linear.in);
    decoder.read_weight(layer, linear.role, weight);
    original_[linear.role] = to_double(weight);
    const std::vector<float>& bias = block.biases[linear.role];
    if (!bias.empty()) biases_[linear.role] = to_double({bias.data(), 1, linear.out});
  }
  made_ = original_;
  inputs_[Sublayer::attention] = all_to_double(attention);
  inputs_[Sublayer::mlp] = all_to_double(mlp);
}

void ReferenceSublayers::make(Role role, ConstMatrixView weight) {
  made_[role] = to_double(weight);
}

double ReferenceSublayers::error(Around around, std::span<const Candidate> candidates) const {
  Weights without = around == Around::made ? made_ : original_;
  Weights with = without;
  for (const Candidate& candidate : candidates) {
    without[candidate.role] = original_.at(candidate.role);
    with[candidate.role] = to_double(candidate.weight);
  }
  const Sublayer sublayer = sublayer_of(candidates.front().role);
  std::vector<RowMatrix> differences;
  for (const RowMatrix& x : inputs_.at(sublayer))
    differences.emplace_back(sublayer == Sublayer::attention
                                 ? attention_output(with, x) - attention_output(without, x)
                                 : mlp_output(with, x) - mlp_output(without, x));
  return mean_square(differences);
}

bool ReferenceSublayers::reads_alone(Role role) const {
  return role == Role::o_proj || role == Role::down_proj || (role == Role::up_proj && !gated_);
}

double ReferenceSublayers::own_error(ConstMatrixView weight, ConstMatrixView candidate,
                                     const std::vector<Matrix>& inputs) {
  std::vector<RowMatrix> differences;
  for (const Matrix& x : inputs)
    differences.emplace_back(to_double(x) * (to_double(candidate) - to_double(weight)).transpose());
  return mean_square(differences);
}

RowMatrix ReferenceSublayers::linear(const Weights& weights, Role role, const RowMatrix& x) const {
  RowMatrix y = x * weights.at(role).transpose();
  if (biases_.contains(role)) y.rowwise() += biases_.at(role).row(0);
  return y;
}

RowMatrix ReferenceSublayers::attention_output(const Weights& weights, const RowMatrix& x) const {
  return linear(
      weights, Role::o_proj,
      reference_attention(linear(weights, Role::q_proj, x), linear(weights, Role::k_proj, x),
                          linear(weights, Role::v_proj, x), attention_));
}

RowMatrix ReferenceSublayers::mlp_output(const Weights& weights, const RowMatrix& x) const {
  if (activation_ != Activation::relu && activation_ != Activation::silu)
    throw std::invalid_argument("no reference for this activation");
  const std::string activation = activation_ == Activation::relu ? "relu" : "silu";
  const RowMatrix up = linear(weights, Role::up_proj, x);
  if (!gated_) return linear(weights, Role::down_proj, activated(up, activation));
  const RowMatrix gate = activated(linear(weights, Role::gate_proj, x), activation);
  return linear(weights, Role::down_proj, gate.cwiseProduct(up));
}

}  // namespace nf
