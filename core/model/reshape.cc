#include "core/model/reshape.h"

#include <cmath>

#include "core/base/check.h"

namespace nf {

std::string why_not_reshaped(const DecoderSpec& spec) {
  if (spec.form == BlockForm::post_norm)
    return "its linears read the residual stream itself, without a norm before them";
  if (spec.residual_from_norm)
    return "its norms' outputs go on as the residual stream, not into linears alone";
  return "";
}

std::optional<BlockNorm> norm_read_by(const DecoderSpec& spec, const BlockSpec& block, Role role) {
  if (spec.form == BlockForm::post_norm || role == Role::o_proj || role == Role::down_proj)
    return std::nullopt;
  const bool shares_norm = spec.form == BlockForm::parallel && !block.mlp_norm.exists();
  const BlockNorm norm = sublayer_of(role) == Sublayer::attention || shares_norm
                             ? BlockNorm::attention
                             : BlockNorm::mlp;
  const NormTensors& tensors = norm == BlockNorm::attention ? block.attention_norm : block.mlp_norm;
  return tensors.exists() ? std::optional(norm) : std::nullopt;
}

std::vector<double> channel_factors(const Reshape& reshape, Index layer,
                                    const std::vector<float>& weight) {
  std::vector<double> factors(weight.size(), 1.0);
  for (std::size_t i = 0; i < weight.size() && reshape.flatten; ++i)
    if (weight[i] != 0.0f) factors[i] = 1.0 / std::abs(static_cast<double>(weight[i]));
  if (reshape.channels.empty() || !reshape.layers[static_cast<std::size_t>(layer)]) return factors;
  for (const Index channel : reshape.channels) {
    NF_CHECK(channel >= 0 && channel < std::ssize(factors), "channel {} of {}", channel,
             factors.size());
    factors[static_cast<std::size_t>(channel)] *= reshape.factor;
  }
  return factors;
}

void multiply_channels(const std::vector<double>& factors, std::vector<float>& values) {
  if (values.empty()) return;
  NF_CHECK(values.size() == factors.size(), "{} factors for {}", factors.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<double>(values[i]) * factors[i]);
}

void divide_columns(const std::vector<double>& factors, MatrixView rows) {
  NF_CHECK(rows.cols() == std::ssize(factors), "{} factors for {} columns", factors.size(),
           rows.cols());
  std::vector<double> inverse;
  for (const double factor : factors) inverse.push_back(1.0 / factor);
  for (Index r = 0; r < rows.rows(); ++r) {
    float* const row = rows.row(r);
    for (Index c = 0; c < rows.cols(); ++c)
      row[c] =
          static_cast<float>(static_cast<double>(row[c]) * inverse[static_cast<std::size_t>(c)]);
  }
}

}  // namespace nf
