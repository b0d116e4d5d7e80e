#include "tests/reference/forward.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "core/io/checkpoint.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

using RowVector = Eigen::RowVectorXd;

/// The tensors of one checkpoint, in double.
class Weights {
 public:
  explicit Weights(const std::filesystem::path& dir) : checkpoint_(Checkpoint::open(dir)) {}

  const Json& config() const { return checkpoint_.config(); }
  Index size(const char* field) const { return config().at(field).get<Index>(); }

  RowMatrix matrix(const std::string& name) const {
    const TensorInfo& info = checkpoint_.info(name);
    Matrix values(info.rows(), info.cols());
    checkpoint_.read_f32(name, 0, info.rows(), values);
    return to_double(values);
  }
  RowVector vector(const std::string& name) const { return matrix(name).row(0); }

  /// x·wᵀ + b, where the checkpoint has a bias.
  RowMatrix linear(const RowMatrix& x, const std::string& name) const {
    RowMatrix y = x * matrix(name + ".weight").transpose();
    if (checkpoint_.has(name + ".bias")) y.rowwise() += vector(name + ".bias");
    return y;
  }

 private:
  Checkpoint checkpoint_;
};

RowMatrix layer_norm(const Weights& weights, const std::string& name, const RowMatrix& x) {
  const double eps = 1e-5;
  const RowVector scale = weights.vector(name + ".weight"), shift = weights.vector(name + ".bias");
  RowMatrix y(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) {
    const double mean = x.row(r).mean();
    const double variance = (x.row(r).array() - mean).square().mean();
    y.row(r) =
        (x.row(r).array() - mean) / std::sqrt(variance + eps) * scale.array() + shift.array();
  }
  return y;
}

RowMatrix rms_norm(const Weights& weights, const std::string& name, const RowMatrix& x) {
  const double eps = weights.config().value("rms_norm_eps", 1e-6);
  const RowVector scale = weights.vector(name + ".weight");
  RowMatrix y(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r)
    y.row(r) = x.row(r).array() /
               std::sqrt(x.row(r).squaredNorm() / static_cast<double>(x.cols()) + eps) *
               scale.array();
  return y;
}

RowMatrix gather_rows(const RowMatrix& table, std::span<const std::int32_t> ids) {
  RowMatrix rows(static_cast<Index>(ids.size()), table.cols());
  for (Index t = 0; t < rows.rows(); ++t) rows.row(t) = table.row(ids[static_cast<std::size_t>(t)]);
  return rows;
}

/// One head's rows [T, D], rotated by their positions.
RowMatrix rotate(const RowMatrix& x, const std::vector<double>& inverse_frequencies) {
  const Index half = static_cast<Index>(inverse_frequencies.size());
  RowMatrix y = x;
  for (Index t = 0; t < x.rows(); ++t)
    for (Index i = 0; i < half; ++i) {
      const double angle =
          static_cast<double>(t) * inverse_frequencies[static_cast<std::size_t>(i)];
      y(t, i) = x(t, i) * std::cos(angle) - x(t, i + half) * std::sin(angle);
      y(t, i + half) = x(t, i + half) * std::cos(angle) + x(t, i) * std::sin(angle);
    }
  return y;
}

ReferenceForward opt_forward(const Weights& w, std::span<const std::int32_t> ids) {
  const std::string prefix = "model.decoder.";
  const Index heads = w.size("num_attention_heads");
  const double scale = 1.0 / std::sqrt(static_cast<double>(w.size("hidden_size") / heads));
  const RowMatrix embeddings = w.matrix(prefix + "embed_tokens.weight");
  const Index tokens = static_cast<Index>(ids.size());
  ReferenceForward out;
  RowMatrix x = gather_rows(embeddings, ids) +
                w.matrix(prefix + "embed_positions.weight").middleRows(2, tokens);
  out.hidden.push_back(x);
  for (Index layer = 0; layer < w.size("num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("{}layers.{}.", prefix, layer);
    const std::string attention = block + "self_attn.";
    const RowMatrix a = layer_norm(w, block + "self_attn_layer_norm", x);
    const RowMatrix mixed =
        reference_attention(w.linear(a, attention + "q_proj"), w.linear(a, attention + "k_proj"),
                            w.linear(a, attention + "v_proj"), heads, heads, scale, {});
    x += w.linear(mixed, attention + "out_proj");
    const RowMatrix up = w.linear(layer_norm(w, block + "final_layer_norm", x), block + "fc1");
    x += w.linear(up.cwiseMax(0.0), block + "fc2");
    out.hidden.push_back(x);
  }
  out.normed = layer_norm(w, prefix + "final_layer_norm", x);
  const bool tied = w.config().value("tie_word_embeddings", true);
  out.logits = out.normed * (tied ? embeddings : w.matrix("lm_head.weight")).transpose();
  return out;
}

ReferenceForward llama_forward(const Weights& w, std::span<const std::int32_t> ids) {
  const Index heads = w.size("num_attention_heads");
  const Index key_value_heads = w.size("num_key_value_heads");
  const Index head_dim = w.config().value("head_dim", w.size("hidden_size") / heads);
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_dim));
  const std::vector<double> frequencies = reference_frequencies(w.config(), head_dim);
  const RowMatrix embeddings = w.matrix("model.embed_tokens.weight");
  ReferenceForward out;
  RowMatrix x = gather_rows(embeddings, ids);
  out.hidden.push_back(x);
  for (Index layer = 0; layer < w.size("num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("model.layers.{}.", layer);
    const std::string attention = block + "self_attn.";
    const RowMatrix a = rms_norm(w, block + "input_layernorm", x);
    const RowMatrix mixed = reference_attention(
        w.linear(a, attention + "q_proj"), w.linear(a, attention + "k_proj"),
        w.linear(a, attention + "v_proj"), heads, key_value_heads, scale, frequencies);
    x += w.linear(mixed, attention + "o_proj");
    const RowMatrix m = rms_norm(w, block + "post_attention_layernorm", x);
    const RowMatrix gate = w.linear(m, block + "mlp.gate_proj");
    const RowMatrix silu = gate.array() / (1.0 + (-gate.array()).exp());
    const RowMatrix product = silu.cwiseProduct(w.linear(m, block + "mlp.up_proj"));
    x += w.linear(product, block + "mlp.down_proj");
    out.hidden.push_back(x);
  }
  out.normed = rms_norm(w, "model.norm", x);
  const bool tied = w.config().value("tie_word_embeddings", false);
  out.logits = out.normed * (tied ? embeddings : w.matrix("lm_head.weight")).transpose();
  return out;
}

}  // namespace

std::vector<double> reference_frequencies(const Json& config, Index head_dim) {
  const double theta = config.value("rope_theta", 10000.0);
  Json scaling = Json::object();
  if (config.contains("rope_scaling") && config.at("rope_scaling").is_object())
    scaling = config.at("rope_scaling");
  const std::string type = scaling.value("rope_type", std::string("default"));
  std::vector<double> frequencies;
  for (Index i = 0; i < head_dim / 2; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(head_dim);
    double frequency = std::pow(theta, exponent);
    if (type == "linear") frequency /= scaling.at("factor").get<double>();
    if (type == "llama3") {
      const double factor = scaling.at("factor");
      const double low = scaling.at("low_freq_factor"), high = scaling.at("high_freq_factor");
      const double context = scaling.at("original_max_position_embeddings");
      const double wavelength = 2.0 * std::numbers::pi / frequency;
      if (wavelength > context / low) {
        frequency /= factor;
      } else if (wavelength >= context / high) {
        const double smooth = (context / wavelength - low) / (high - low);
        frequency = (1.0 - smooth) * frequency / factor + smooth * frequency;
      }
    }
    frequencies.push_back(frequency);
  }
  return frequencies;
}

RowMatrix reference_attention(const RowMatrix& q, const RowMatrix& k, const RowMatrix& v,
                              Index heads, Index key_value_heads, double scale,
                              const std::vector<double>& inverse_frequencies) {
  const Index tokens = q.rows(), head_dim = q.cols() / heads;
  RowMatrix out(tokens, q.cols());
  for (Index head = 0; head < heads; ++head) {
    const Index shared =
        head / (heads / key_value_heads);  // consecutive heads share keys and values
    const RowMatrix query = rotate(q.middleCols(head * head_dim, head_dim), inverse_frequencies);
    const RowMatrix key = rotate(k.middleCols(shared * head_dim, head_dim), inverse_frequencies);
    RowMatrix weights = scale * (query * key.transpose());
    for (Index t = 0; t < tokens; ++t) {
      weights.row(t).tail(tokens - t - 1).setConstant(-std::numeric_limits<double>::infinity());
      const double largest = weights.row(t).maxCoeff();
      for (Index s = 0; s < tokens; ++s) weights(t, s) = std::exp(weights(t, s) - largest);
      weights.row(t) /= weights.row(t).sum();
    }
    out.middleCols(head * head_dim, head_dim) = weights * v.middleCols(shared * head_dim, head_dim);
  }
  return out;
}

ReferenceForward reference_forward(const std::filesystem::path& dir,
                                   std::span<const std::int32_t> ids) {
  const Weights weights(dir);
  return weights.config().at("model_type") == "opt" ? opt_forward(weights, ids)
                                                    : llama_forward(weights, ids);
}

}  // namespace nf
