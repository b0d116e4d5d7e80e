#include <cmath>

#include "core/base/check.h"
#include "core/model/architecture.h"
#include "core/model/rope.h"

namespace nf {
namespace {

/// Llama 1, 2 and 3 (arXiv 2302.13971, 2307.09288, 2407.21783): RMSNorm, SwiGLU, rotary positions,
/// grouped key/value heads.
DecoderSpec llama_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  config.require(config.text_or("hidden_act", "silu") == "silu", "hidden_act",
                 "only silu is implemented");

  DecoderSpec spec;
  spec.architecture = "LlamaForCausalLM";
  spec.hidden_size = config.positive("hidden_size");
  spec.intermediate_size = config.positive("intermediate_size");
  spec.num_hidden_layers = config.positive("num_hidden_layers");
  spec.num_attention_heads = config.positive("num_attention_heads");
  spec.num_key_value_heads = config.positive_or("num_key_value_heads", spec.num_attention_heads);
  spec.vocab_size = config.positive("vocab_size");
  spec.max_position_embeddings = config.positive_or("max_position_embeddings", 2048);
  config.require(spec.num_attention_heads % spec.num_key_value_heads == 0, "num_key_value_heads",
                 fmt::format("must divide num_attention_heads {}", spec.num_attention_heads));
  spec.head_dim = config.positive_or("head_dim", spec.hidden_size / spec.num_attention_heads);
  config.require(spec.head_dim % 2 == 0, "head_dim", "rotary positions need an even head_dim");
  spec.norm = NormKind::rms_norm;
  spec.norm_eps = static_cast<float>(config.number_or("rms_norm_eps", 1e-6));
  spec.mlp = MlpKind::silu;
  spec.attention_scale = 1.0f / std::sqrt(static_cast<float>(spec.head_dim));
  spec.rope = rope_spec(config, spec.head_dim);

  const std::string prefix = find_prefix(checkpoint, {"model.", ""}, "embed_tokens.weight");
  spec.embed_tokens = prefix + "embed_tokens.weight";
  const bool tied = config.flag_or("tie_word_embeddings", false);
  spec.lm_head = tied ? spec.embed_tokens : "lm_head.weight";
  if (tied) spec.ignored.push_back("lm_head.weight");
  spec.ignored.push_back(
      "*rotary_emb.inv_freq");  // older checkpoints store what config.json implies
  spec.final_norm = {prefix + "norm.weight", ""};

  const Index h = spec.hidden_size, f = spec.intermediate_size;
  const Index q = spec.num_attention_heads * spec.head_dim;
  const Index kv = spec.num_key_value_heads * spec.head_dim;
  const bool attention_bias = config.flag_or("attention_bias", false);
  const bool mlp_bias = config.flag_or("mlp_bias", false);
  spec.block = [=](Index layer) {
    const std::string block = fmt::format("{}layers.{}.", prefix, layer);
    const auto linear = [&](Role role, const std::string& part, Index out, Index in, bool bias) {
      const std::string name = fmt::format("{}{}.{}", block, part, role_name(role));
      return LinearTensors{role, out, in, name + ".weight", bias ? name + ".bias" : ""};
    };
    return BlockTensors{{block + "input_layernorm.weight", ""},
                        {block + "post_attention_layernorm.weight", ""},
                        {linear(Role::q_proj, "self_attn", q, h, attention_bias),
                         linear(Role::k_proj, "self_attn", kv, h, attention_bias),
                         linear(Role::v_proj, "self_attn", kv, h, attention_bias),
                         linear(Role::o_proj, "self_attn", h, q, attention_bias),
                         linear(Role::gate_proj, "mlp", f, h, mlp_bias),
                         linear(Role::up_proj, "mlp", f, h, mlp_bias),
                         linear(Role::down_proj, "mlp", h, f, mlp_bias)}};
  };
  return spec;
}

}  // namespace

void register_llama(ArchitectureRegistry& registry) {
  registry.add({"llama", "LlamaForCausalLM",
                "Llama 1, 2, 3: RMSNorm, SwiGLU, rotary positions, grouped key/value heads",
                llama_spec});
}

}  // namespace nf
