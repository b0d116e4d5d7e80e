/// GPT-2 (Radford et al. 2019), GPT-NeoX (arXiv 2204.06745) and BLOOM (arXiv 2211.05100).
#include <fmt/format.h>

#include <cmath>

#include "tests/reference/forward_parts.h"

namespace nf {
namespace {

/// A linear bias for each head (arXiv 2108.12409). n a power of two: 2^(−8·1/n), 2^(−8·2/n) ...
/// Otherwise those of the power of two below n, and then every other one of twice as many heads.
std::vector<double> alibi_slopes(Index heads) {
  Index power = 1;
  while (2 * power <= heads) power *= 2;
  std::vector<double> slopes;
  for (Index i = 1; i <= power; ++i)
    slopes.push_back(std::exp2(-8.0 * static_cast<double>(i) / static_cast<double>(power)));
  for (Index i = 1; static_cast<Index>(slopes.size()) < heads; i += 2)
    slopes.push_back(std::exp2(-8.0 * static_cast<double>(i) / static_cast<double>(2 * power)));
  return slopes;
}

/// Both spellings of a size: GPT-2's and the one that became usual.
Index size_of(const ReferenceWeights& w, const std::string& key, const std::string& other) {
  return w.config().contains(key) ? w.size(key) : w.size(other);
}

}  // namespace

ReferenceForward reference_gpt2(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                const ReferenceStateHook& hook) {
  const double eps = w.option("layer_norm_epsilon", 1e-5);
  const Index hidden_size = size_of(w, "n_embd", "hidden_size");
  const Index heads = size_of(w, "n_head", "num_attention_heads");
  const std::string activation = w.option<std::string>("activation_function", "gelu_new");
  RowMatrix x = w.embed(ids, "transformer.wte");
  x += w.matrix("transformer.wpe.weight").topRows(x.rows());
  ReferenceForward out;
  out.hidden.push_back(x);
  for (Index layer = 0; layer < size_of(w, "n_layer", "num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("transformer.h.{}.", layer);
    ReferenceAttention attention = {.heads = heads, .key_value_heads = heads};
    const Index head_dim = hidden_size / heads;
    if (w.option("scale_attn_weights", true))
      attention.scale /= std::sqrt(static_cast<double>(head_dim));
    if (w.option("scale_attn_by_inverse_layer_idx", false))
      attention.scale /= static_cast<double>(layer + 1);

    const RowMatrix qkv = w.conv1d(w.layer_norm(x, block + "ln_1", eps), block + "attn.c_attn");
    const RowMatrix mixed =
        reference_attention(qkv.leftCols(hidden_size), qkv.middleCols(hidden_size, hidden_size),
                            qkv.rightCols(hidden_size), with_hook(attention, hook, layer));
    x += w.conv1d(mixed, block + "attn.c_proj");
    const RowMatrix up = w.conv1d(w.layer_norm(x, block + "ln_2", eps), block + "mlp.c_fc");
    x += w.conv1d(activated(up, activation), block + "mlp.c_proj");
    pass_resid(x, hook, layer);
    out.hidden.push_back(x);
  }
  out.normed = w.layer_norm(x, "transformer.ln_f", eps);
  const bool tied = w.option("tie_word_embeddings", true);
  out.logits = w.linear(out.normed, tied ? "transformer.wte" : "lm_head");
  return out;
}

ReferenceForward reference_gpt_neox(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                    const ReferenceStateHook& hook) {
  const double eps = w.option("layer_norm_eps", 1e-5);
  const Index heads = w.size("num_attention_heads");
  const Index head_dim = w.size("hidden_size") / heads;
  Json config = w.config();
  if (config.contains("rotary_emb_base")) config["rope_theta"] = config["rotary_emb_base"];
  const Json rope = w.option("rope_parameters", Json::object());
  const double share = rope.value("partial_rotary_factor", w.option("rotary_pct", 0.25));
  const Index rotary_features = static_cast<Index>(share * static_cast<double>(head_dim));
  const ReferenceAttention attention = {
      .heads = heads,
      .key_value_heads = heads,
      .scale = 1.0 / std::sqrt(static_cast<double>(head_dim)),
      .inverse_frequencies = reference_frequencies(config, rotary_features, 10000.0)};
  const bool parallel = w.option("use_parallel_residual", true);
  const std::string activation = w.option<std::string>("hidden_act", "gelu");
  RowMatrix x = w.embed(ids, "gpt_neox.embed_in");
  ReferenceForward out;
  out.hidden.push_back(x);
  for (Index layer = 0; layer < w.size("num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("gpt_neox.layers.{}.", layer);
    const auto [q, k, v] = split_heads(w.linear(w.layer_norm(x, block + "input_layernorm", eps),
                                                block + "attention.query_key_value"),
                                       heads);
    const RowMatrix attended = w.linear(
        reference_attention(q, k, v, with_hook(attention, hook, layer)), block + "attention.dense");
    const RowMatrix mlp_reads = parallel ? x : x + attended;
    const RowMatrix up = w.linear(w.layer_norm(mlp_reads, block + "post_attention_layernorm", eps),
                                  block + "mlp.dense_h_to_4h");
    x += attended + w.linear(activated(up, activation), block + "mlp.dense_4h_to_h");
    pass_resid(x, hook, layer);
    out.hidden.push_back(x);
  }
  out.normed = w.layer_norm(x, "gpt_neox.final_layer_norm", eps);
  const bool tied = w.option("tie_word_embeddings", false);
  out.logits = w.linear(out.normed, tied ? "gpt_neox.embed_in" : "embed_out");
  return out;
}

ReferenceForward reference_bloom(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                 const ReferenceStateHook& hook) {
  const double eps = w.option("layer_norm_epsilon", 1e-5);
  const Index heads = size_of(w, "n_head", "num_attention_heads");
  const Index head_dim = size_of(w, "n_embed", "hidden_size") / heads;
  const ReferenceAttention attention = {.heads = heads,
                                        .key_value_heads = heads,
                                        .scale = 1.0 / std::sqrt(static_cast<double>(head_dim)),
                                        .alibi_slopes = alibi_slopes(heads)};
  const bool from_norm = w.option("apply_residual_connection_post_layernorm", false);
  RowMatrix x = w.layer_norm(w.embed(ids, "transformer.word_embeddings"),
                             "transformer.word_embeddings_layernorm", eps);
  ReferenceForward out;
  out.hidden.push_back(x);
  for (Index layer = 0; layer < size_of(w, "n_layer", "num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("transformer.h.{}.", layer);
    const RowMatrix a = w.layer_norm(x, block + "input_layernorm", eps);
    const auto [q, k, v] =
        split_heads(w.linear(a, block + "self_attention.query_key_value"), heads);
    const RowMatrix attended =
        w.linear(reference_attention(q, k, v, with_hook(attention, hook, layer)),
                 block + "self_attention.dense");
    x = (from_norm ? a : x) + attended;
    const RowMatrix m = w.layer_norm(x, block + "post_attention_layernorm", eps);
    const RowMatrix up = activated(w.linear(m, block + "mlp.dense_h_to_4h"), "gelu_new");
    x = (from_norm ? m : x) + w.linear(up, block + "mlp.dense_4h_to_h");
    pass_resid(x, hook, layer);
    out.hidden.push_back(x);
  }
  out.normed = w.layer_norm(x, "transformer.ln_f", eps);
  const bool tied = w.option("tie_word_embeddings", true);
  out.logits = w.linear(out.normed, tied ? "transformer.word_embeddings" : "lm_head");
  return out;
}

}  // namespace nf
