/// Llama (arXiv 2302.13971, 2307.09288, 2407.21783), Mistral (2310.06825), Qwen2 (2407.10671),
/// Qwen3 (2505.09388), and Cohere's Command-R.
#include <fmt/format.h>

#include <cmath>

#include "tests/reference/forward_parts.h"

namespace nf {
namespace {

Index head_dim_of(const ReferenceWeights& w) {
  return w.option("head_dim", w.size("hidden_size") / w.size("num_attention_heads"));
}

/// Keys that a query of this layer sees; 0: all before it.
Index sliding_window(const ReferenceWeights& w, Index layer) {
  const Index window = w.config().contains("sliding_window") ? w.option<Index>("sliding_window", 0)
                                                             : 4096;  // the library's default
  const std::string type = w.config().at("model_type");
  if (type == "mistral") return window;
  if (!w.option("use_sliding_window", false)) return 0;  // only Qwen has it
  const Json types = w.option("layer_types", Json::array());
  const bool slides = types.empty()
                          ? layer >= w.option<Index>("max_window_layers", 28)
                          : types.at(static_cast<std::size_t>(layer)) == "sliding_attention";
  return slides ? window : 0;
}

ReferenceAttention grouped_attention(const ReferenceWeights& w, double default_theta) {
  const Index head_dim = head_dim_of(w);
  return {.heads = w.size("num_attention_heads"),
          .key_value_heads = w.option("num_key_value_heads", w.size("num_attention_heads")),
          .scale = 1.0 / std::sqrt(static_cast<double>(head_dim)),
          .inverse_frequencies = reference_frequencies(w.config(), head_dim, default_theta)};
}

/// Qwen3: every head by itself to root mean square 1, all scaled by the same D weights.
RowMatrix rms_norm_of_heads(const ReferenceWeights& w, const RowMatrix& x, const std::string& name,
                            double eps) {
  const Index head_dim = head_dim_of(w);
  RowMatrix y(x.rows(), x.cols());
  for (Index first = 0; first < x.cols(); first += head_dim)
    y.middleCols(first, head_dim) = w.rms_norm(x.middleCols(first, head_dim), name, eps);
  return y;
}

/// Cohere: every head by itself to mean 0 and variance 1, each with D weights of its own.
RowMatrix layer_norm_of_heads(const ReferenceWeights& w, const RowMatrix& x,
                              const std::string& name, double eps) {
  const RowMatrix weight = w.matrix(name + ".weight");  // [heads, D]
  RowMatrix y(x.rows(), x.cols());
  for (Index head = 0; head < weight.rows(); ++head) {
    const Index first = head * weight.cols();
    const RowMatrix one = standardized(x.middleCols(first, weight.cols()), eps);
    y.middleCols(first, weight.cols()) = one.array().rowwise() * weight.row(head).array();
  }
  return y;
}

RowMatrix gated_mlp(const ReferenceWeights& w, const RowMatrix& x, const std::string& name) {
  const RowMatrix gate =
      activated(w.linear(x, name + "gate_proj"), w.option<std::string>("hidden_act", "silu"));
  return w.linear(gate.cwiseProduct(w.linear(x, name + "up_proj")), name + "down_proj");
}

RowMatrix head(const ReferenceWeights& w, const RowMatrix& x, bool tied_by_default) {
  const bool tied = w.option("tie_word_embeddings", tied_by_default);
  return w.linear(x, tied ? "model.embed_tokens" : "lm_head");
}

}  // namespace

ReferenceForward reference_llama(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                 const ReferenceStateHook& hook) {
  const double eps = w.option("rms_norm_eps", 1e-6);
  const bool norm_heads = w.config().at("model_type") == "qwen3";
  ReferenceAttention attention = grouped_attention(w, 10000.0);
  ReferenceForward out;
  RowMatrix x = w.embed(ids, "model.embed_tokens");
  out.hidden.push_back(x);
  for (Index layer = 0; layer < w.size("num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("model.layers.{}.", layer);
    const std::string self = block + "self_attn.";
    const RowMatrix a = w.rms_norm(x, block + "input_layernorm", eps);
    RowMatrix q = w.linear(a, self + "q_proj"), k = w.linear(a, self + "k_proj");
    if (norm_heads) {
      q = rms_norm_of_heads(w, q, self + "q_norm", eps);
      k = rms_norm_of_heads(w, k, self + "k_norm", eps);
    }
    attention.sliding_window = sliding_window(w, layer);
    x += w.linear(
        reference_attention(q, k, w.linear(a, self + "v_proj"), with_hook(attention, hook, layer)),
        self + "o_proj");
    x += gated_mlp(w, w.rms_norm(x, block + "post_attention_layernorm", eps), block + "mlp.");
    pass_resid(x, hook, layer);
    out.hidden.push_back(x);
  }
  out.normed = w.rms_norm(x, "model.norm", eps);
  out.logits = head(w, out.normed, false);
  return out;
}

ReferenceForward reference_cohere(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                  const ReferenceStateHook& hook) {
  const double eps = w.option("layer_norm_eps", 1e-5);
  ReferenceAttention attention = grouped_attention(w, 500000.0);
  attention.interleaved = true;
  ReferenceForward out;
  RowMatrix x = w.embed(ids, "model.embed_tokens");
  out.hidden.push_back(x);
  for (Index layer = 0; layer < w.size("num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("model.layers.{}.", layer);
    const std::string self = block + "self_attn.";
    const RowMatrix a = w.layer_norm(x, block + "input_layernorm", eps);
    RowMatrix q = w.linear(a, self + "q_proj"), k = w.linear(a, self + "k_proj");
    if (w.option("use_qk_norm", false)) {
      q = layer_norm_of_heads(w, q, self + "q_norm", eps);
      k = layer_norm_of_heads(w, k, self + "k_norm", eps);
    }
    x += w.linear(reference_attention(q, k, w.linear(a, self + "v_proj"),
                                      with_hook(attention, hook, layer)),
                  self + "o_proj") +
         gated_mlp(w, a, block + "mlp.");
    pass_resid(x, hook, layer);
    out.hidden.push_back(x);
  }
  out.normed = w.layer_norm(x, "model.norm", eps);
  out.logits = w.option("logit_scale", 0.0625) * head(w, out.normed, true);
  return out;
}

}  // namespace nf
