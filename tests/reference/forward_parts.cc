#include "tests/reference/forward_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// One head's rows [T, D], rotated by their positions.
RowMatrix rotated(const RowMatrix& x, const ReferenceAttention& attention) {
  const Index pairs = static_cast<Index>(attention.inverse_frequencies.size());
  RowMatrix y = x;
  for (Index t = 0; t < x.rows(); ++t)
    for (Index i = 0; i < pairs; ++i) {
      const double angle =
          static_cast<double>(t) * attention.inverse_frequencies[static_cast<std::size_t>(i)];
      const Index first = attention.interleaved ? 2 * i : i;
      const Index second = attention.interleaved ? 2 * i + 1 : i + pairs;
      y(t, first) = x(t, first) * std::cos(angle) - x(t, second) * std::sin(angle);
      y(t, second) = x(t, second) * std::cos(angle) + x(t, first) * std::sin(angle);
    }
  return y;
}

/// Row t of the scores becomes the weights of the keys that it sees.
void mask_and_softmax(RowMatrix& scores, Index sliding_window) {
  for (Index t = 0; t < scores.rows(); ++t) {
    for (Index s = 0; s < scores.cols(); ++s)
      if (s > t || (sliding_window > 0 && s <= t - sliding_window))
        scores(t, s) = -std::numeric_limits<double>::infinity();
    const double largest = scores.row(t).maxCoeff();
    for (Index s = 0; s < scores.cols(); ++s) scores(t, s) = std::exp(scores(t, s) - largest);
    scores.row(t) /= scores.row(t).sum();
  }
}

/// llama3's rule: wavelengths far longer than the original context are stretched by `factor`, far
/// shorter ones kept, and between them the two are mixed.
double llama3_frequency(double frequency, const Json& scaling, double context) {
  const double factor = scaling.at("factor");
  const double low = scaling.at("low_freq_factor"), high = scaling.at("high_freq_factor");
  const double wavelength = 2.0 * std::numbers::pi / frequency;
  if (wavelength > context / low) return frequency / factor;
  if (wavelength < context / high) return frequency;
  const double smooth = (context / wavelength - low) / (high - low);
  return (1.0 - smooth) * frequency / factor + smooth * frequency;
}

}  // namespace

RowMatrix ReferenceWeights::matrix(const std::string& name) const {
  const TensorInfo& info = checkpoint_.info(name);
  Matrix values(info.rows(), info.cols());
  checkpoint_.read_f32(name, 0, info.rows(), values);
  return to_double(values);
}

RowMatrix ReferenceWeights::linear(const RowMatrix& x, const std::string& name) const {
  RowMatrix y = x * matrix(name + ".weight").transpose();
  if (has(name + ".bias")) y.rowwise() += matrix(name + ".bias").row(0);
  return y;
}

RowMatrix ReferenceWeights::conv1d(const RowMatrix& x, const std::string& name) const {
  RowMatrix y = x * matrix(name + ".weight");
  y.rowwise() += matrix(name + ".bias").row(0);
  return y;
}

RowMatrix ReferenceWeights::layer_norm(const RowMatrix& x, const std::string& name,
                                       double eps) const {
  RowMatrix y = standardized(x, eps);
  if (has(name + ".weight")) y.array().rowwise() *= matrix(name + ".weight").row(0).array();
  if (has(name + ".bias")) y.rowwise() += matrix(name + ".bias").row(0);
  return y;
}

RowMatrix ReferenceWeights::rms_norm(const RowMatrix& x, const std::string& name,
                                     double eps) const {
  RowMatrix y = of_unit_rms(x, eps);
  y.array().rowwise() *= matrix(name + ".weight").row(0).array();
  return y;
}

RowMatrix ReferenceWeights::embed(std::span<const std::int32_t> ids,
                                  const std::string& name) const {
  const RowMatrix table = matrix(name + ".weight");
  RowMatrix rows(static_cast<Index>(ids.size()), table.cols());
  for (Index t = 0; t < rows.rows(); ++t) rows.row(t) = table.row(ids[static_cast<std::size_t>(t)]);
  return rows;
}

RowMatrix standardized(const RowMatrix& x, double eps) {
  RowMatrix y(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) {
    const double mean = x.row(r).mean();
    const double variance = (x.row(r).array() - mean).square().mean();
    y.row(r) = (x.row(r).array() - mean) / std::sqrt(variance + eps);
  }
  return y;
}

RowMatrix of_unit_rms(const RowMatrix& x, double eps) {
  RowMatrix y(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r)
    y.row(r) = x.row(r) / std::sqrt(x.row(r).array().square().mean() + eps);
  return y;
}

RowMatrix activated(const RowMatrix& x, const std::string& name) {
  RowMatrix y = x;
  for (double& v : y.reshaped()) {
    if (name == "relu") {
      v = std::max(v, 0.0);
    } else if (name == "silu") {
      v = v / (1.0 + std::exp(-v));
    } else if (name == "gelu") {
      v = v * 0.5 * (1.0 + std::erf(v / std::numbers::sqrt2));
    } else if (name == "gelu_new" || name == "gelu_fast" || name == "gelu_pytorch_tanh") {
      const double inner = std::sqrt(2.0 / std::numbers::pi) * (v + 0.044715 * v * v * v);
      v = v * 0.5 * (1.0 + std::tanh(inner));
    } else {
      throw std::invalid_argument(fmt::format("no reference for activation '{}'", name));
    }
  }
  return y;
}

std::vector<double> reference_frequencies(const Json& config, Index features,
                                          double default_theta) {
  Json scaling = Json::object();
  for (const char* key : {"rope_scaling", "rope_parameters"})
    if (config.contains(key) && config.at(key).is_object()) scaling = config.at(key);
  const double theta = scaling.value("rope_theta", config.value("rope_theta", default_theta));
  const std::string type =
      scaling.value("rope_type", scaling.value("type", std::string("default")));
  std::vector<double> frequencies;
  for (Index i = 0; i < features; i += 2) {
    double frequency = std::pow(theta, -static_cast<double>(i) / static_cast<double>(features));
    if (type == "linear") {
      frequency /= scaling.at("factor").get<double>();
    } else if (type == "llama3") {
      // The library prefers a field beside the scaling, and falls back on the longest window.
      const char* key = "original_max_position_embeddings";
      const double longest = config.at("max_position_embeddings");
      const double context = config.value(key, scaling.value(key, longest));
      frequency = llama3_frequency(frequency, scaling, context);
    } else if (type != "default") {
      throw std::invalid_argument(fmt::format("no reference for rope_type '{}'", type));
    }
    frequencies.push_back(frequency);
  }
  return frequencies;
}

QueryKeyValue split_heads(const RowMatrix& fused, Index heads) {
  const Index head_dim = fused.cols() / (3 * heads);
  QueryKeyValue out;
  for (RowMatrix* part : {&out.q, &out.k, &out.v}) part->resize(fused.rows(), heads * head_dim);
  for (Index head = 0; head < heads; ++head) {
    const Index from = head * 3 * head_dim, to = head * head_dim;
    out.q.middleCols(to, head_dim) = fused.middleCols(from, head_dim);
    out.k.middleCols(to, head_dim) = fused.middleCols(from + head_dim, head_dim);
    out.v.middleCols(to, head_dim) = fused.middleCols(from + 2 * head_dim, head_dim);
  }
  return out;
}

ReferenceAttention with_hook(ReferenceAttention attention, const ReferenceStateHook& hook,
                             Index layer) {
  if (hook)
    attention.change_cache = [&hook, layer](RowMatrix& keys, RowMatrix& values) {
      hook(fmt::format("layers.{}.k_cache", layer), keys);
      hook(fmt::format("layers.{}.v_cache", layer), values);
    };
  return attention;
}

void pass_resid(RowMatrix& x, const ReferenceStateHook& hook, Index layer) {
  if (hook) hook(fmt::format("layers.{}.resid", layer), x);
}

RowMatrix reference_attention(const RowMatrix& q, const RowMatrix& k, const RowMatrix& v,
                              const ReferenceAttention& attention) {
  const Index tokens = q.rows(), head_dim = q.cols() / attention.heads;
  const Index group = attention.heads / attention.key_value_heads;
  RowMatrix keys(tokens, k.cols()), values = v;
  for (Index first = 0; first < k.cols(); first += head_dim)
    keys.middleCols(first, head_dim) = rotated(k.middleCols(first, head_dim), attention);
  if (attention.change_cache) attention.change_cache(keys, values);
  RowMatrix out(tokens, q.cols());
  for (Index head = 0; head < attention.heads; ++head) {
    const Index shared = head / group;  // consecutive heads share keys and values
    const RowMatrix query = rotated(q.middleCols(head * head_dim, head_dim), attention);
    const RowMatrix key = keys.middleCols(shared * head_dim, head_dim);
    RowMatrix weights = attention.scale * (query * key.transpose());
    if (!attention.alibi_slopes.empty())
      for (Index t = 0; t < tokens; ++t)
        for (Index s = 0; s < tokens; ++s)
          weights(t, s) +=
              attention.alibi_slopes[static_cast<std::size_t>(head)] * static_cast<double>(s - t);
    mask_and_softmax(weights, attention.sliding_window);
    out.middleCols(head * head_dim, head_dim) =
        weights * values.middleCols(shared * head_dim, head_dim);
  }
  return out;
}

}  // namespace nf
