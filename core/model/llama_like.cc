#include "core/model/llama_like.h"

#include "core/base/check.h"
#include "core/model/architecture.h"
#include "core/model/block_table.h"
#include "core/model/rope.h"

namespace nf {
namespace {

/// The family's default counts where the field is absent, not where it is null.
Index default_of(const HfConfig& config, const std::string& field, Index of_family, Index else_of) {
  return of_family != 0 && !config.has(field) ? of_family : else_of;
}

void read_heads(DecoderSpec& spec, const HfConfig& config, const LlamaLike& family) {
  const Index heads = head_count(config, "num_attention_heads");
  const Index key_value_heads =
      config.positive_or("num_key_value_heads",
                         default_of(config, "num_key_value_heads", family.key_value_heads, heads));
  config.require(heads % key_value_heads == 0, "num_key_value_heads",
                 fmt::format("{} does not divide num_attention_heads {}", key_value_heads, heads));
  const Index share = spec.hidden_size % heads == 0 ? spec.hidden_size / heads : 0;
  const Index head_dim =
      config.positive_or("head_dim", default_of(config, "head_dim", family.head_dim, share));
  config.require(
      head_dim != 0, "num_attention_heads",
      fmt::format("must divide hidden_size {} where there is no head_dim", spec.hidden_size));
  spec.num_attention_heads = heads;
  spec.num_key_value_heads = key_value_heads;
  spec.head_dim = head_dim;
}

BlockTable block_table(const std::string& prefix, const LlamaLike& family) {
  return {.blocks = prefix + "layers.",
          .attention_norm = {"input_layernorm"},
          .mlp_norm = {family.parallel ? "" : "post_attention_layernorm"},
          .q_norm = {family.qk_norm ? "self_attn.q_norm" : ""},
          .k_norm = {family.qk_norm ? "self_attn.k_norm" : ""},
          .linears = {{Role::q_proj, "self_attn.q_proj", family.qkv_bias},
                      {Role::k_proj, "self_attn.k_proj", family.qkv_bias},
                      {Role::v_proj, "self_attn.v_proj", family.qkv_bias},
                      {Role::o_proj, "self_attn.o_proj", family.o_bias},
                      {Role::gate_proj, "mlp.gate_proj", family.mlp_bias},
                      {Role::up_proj, "mlp.up_proj", family.mlp_bias},
                      {Role::down_proj, "mlp.down_proj", family.mlp_bias}},
          .sliding_windows = family.sliding_windows};
}

}  // namespace

DecoderSpec llama_like_spec(const HfConfig& config, const Checkpoint& checkpoint,
                            const LlamaLike& family) {
  refuse_unsupported(config, family.unsupported);

  DecoderSpec spec;
  spec.architecture = family.architecture;
  spec.hidden_size = config.positive("hidden_size");
  spec.intermediate_size = config.positive("intermediate_size");
  spec.num_hidden_layers = layer_count(config);
  spec.vocab_size = config.positive("vocab_size");
  spec.max_position_embeddings =
      config.positive_or("max_position_embeddings", family.max_position_embeddings);
  read_heads(spec, config, family);

  spec.norm = family.norm;
  const bool rms = family.norm == NormKind::rms_norm;
  spec.norm_eps = rms ? norm_epsilon(config, "rms_norm_eps", 1e-6)
                      : norm_epsilon(config, "layer_norm_eps", 1e-5);
  spec.activation = activation_option(config, "hidden_act", "silu");
  spec.gated = true;
  spec.form = family.parallel ? BlockForm::parallel : BlockForm::sequential;
  spec.qk_norm_per_head = family.qk_norm_per_head;
  spec.rope = rope_spec(config, {.head_dim = spec.head_dim,
                                 .interleaved = family.interleaved_rope,
                                 .theta = family.rope_theta});

  const std::string prefix =
      find_prefix(checkpoint, {"model.", ""}, "layers.0.input_layernorm.weight");
  spec.embed_tokens = prefix + "embed_tokens.weight";
  spec.final_norm = norm_tensors(prefix + "norm", false);
  choose_head(spec, config, checkpoint, family.tied, "lm_head.weight");
  // Older checkpoints store what config.json implies.
  spec.ignored.push_back("*rotary_emb.inv_freq");
  set_blocks(spec, block_table(prefix, family));
  return spec;
}

Index sliding_window(const HfConfig& config) {
  if (config.has("sliding_window") && config.raw("sliding_window").is_null()) return 0;
  return config.positive_or("sliding_window", 4096);
}

std::vector<Index> layer_windows(const HfConfig& config, Index window, Index first) {
  const Index layers = layer_count(config);
  std::vector<Index> windows;
  std::vector<Index> by_number;
  for (Index layer = 0; layer < layers; ++layer) by_number.push_back(layer < first ? 0 : window);
  const Json& types = config.raw("layer_types");
  if (types.is_null()) return by_number;
  config.require(types.is_array() && static_cast<Index>(types.size()) == layers, "layer_types",
                 fmt::format("must be a list of {} kinds of layers", layers));
  for (const Json& type : types) {
    const std::string kind = type.is_string() ? type.get<std::string>() : "";
    const bool sliding = kind == "sliding_attention";
    config.require(sliding || kind == "full_attention", "layer_types",
                   fmt::format("{} is not implemented; known: full_attention, sliding_attention",
                               type.dump()));
    config.require(!sliding || window > 0, "layer_types",
                   "sliding_attention without a sliding_window in use");
    windows.push_back(sliding ? window : 0);
  }
  if (!config.raw("max_window_layers").is_null() && windows != by_number)
    config.warn("layer_types", fmt::format("is used; max_window_layers is {}",
                                           config.raw("max_window_layers").dump()));
  return windows;
}

std::vector<Index> qwen_windows(const HfConfig& config) {
  const bool used = config.flag_or("use_sliding_window", false);
  if (used && sliding_window(config) == 0)
    config.warn("use_sliding_window", "is true, but sliding_window is null: there is no window");
  const Index first =
      config.raw("max_window_layers") == 0 ? 0 : config.positive_or("max_window_layers", 28);
  return layer_windows(config, used ? sliding_window(config) : 0, first);
}

}  // namespace nf
