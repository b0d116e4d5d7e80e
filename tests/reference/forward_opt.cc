/// OPT (arXiv 2205.01068), and the form of its 350m member: LayerNorms behind the residuals, and
/// embeddings narrower than the blocks.
#include <fmt/format.h>

#include <cmath>

#include "tests/reference/forward_parts.h"

namespace nf {

ReferenceForward reference_opt(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                               const ReferenceStateHook& hook) {
  const std::string prefix = "model.decoder.";
  const double eps = 1e-5;
  const Index heads = w.size("num_attention_heads");
  const Index head_dim = w.size("hidden_size") / heads;
  const ReferenceAttention attention = {.heads = heads,
                                        .key_value_heads = heads,
                                        .scale = 1.0 / std::sqrt(static_cast<double>(head_dim))};
  const bool norm_before = w.option("do_layer_norm_before", true);
  const std::string activation = w.option<std::string>("activation_function", "relu");

  RowMatrix x = w.embed(ids, prefix + "embed_tokens");
  const bool projected = x.cols() != w.size("hidden_size");
  if (projected) x = w.linear(x, prefix + "project_in");
  // The first two rows are left over from padding in the training code.
  x += w.matrix(prefix + "embed_positions.weight").middleRows(2, x.rows());

  ReferenceForward out;
  out.hidden.push_back(x);
  for (Index layer = 0; layer < w.size("num_hidden_layers"); ++layer) {
    const std::string block = fmt::format("{}layers.{}.", prefix, layer);
    const std::string self = block + "self_attn.";
    const std::string first_norm = block + "self_attn_layer_norm";
    const std::string second_norm = block + "final_layer_norm";

    const RowMatrix a = norm_before ? w.layer_norm(x, first_norm, eps) : x;
    const RowMatrix mixed =
        reference_attention(w.linear(a, self + "q_proj"), w.linear(a, self + "k_proj"),
                            w.linear(a, self + "v_proj"), with_hook(attention, hook, layer));
    x += w.linear(mixed, self + "out_proj");
    if (!norm_before) x = w.layer_norm(x, first_norm, eps);

    const RowMatrix m = norm_before ? w.layer_norm(x, second_norm, eps) : x;
    x += w.linear(activated(w.linear(m, block + "fc1"), activation), block + "fc2");
    if (!norm_before) x = w.layer_norm(x, second_norm, eps);
    pass_resid(x, hook, layer);
    out.hidden.push_back(x);
  }
  if (norm_before && !w.option("_remove_final_layer_norm", false))
    x = w.layer_norm(x, prefix + "final_layer_norm", eps);
  out.normed = projected ? w.linear(x, prefix + "project_out") : x;
  const bool tied = w.option("tie_word_embeddings", true);
  out.logits = w.linear(out.normed, tied ? prefix + "embed_tokens" : "lm_head");
  return out;
}

}  // namespace nf
