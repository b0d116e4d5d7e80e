#include <cmath>

#include "core/base/check.h"
#include "core/model/architecture.h"

namespace nf {
namespace {

/// OPT (arXiv 2205.01068): pre-LayerNorm, ReLU, learned positions starting at row 2, biases
/// everywhere.
DecoderSpec opt_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  config.require(config.flag_or("do_layer_norm_before", true), "do_layer_norm_before",
                 "only the pre-LayerNorm form is implemented");
  config.require(!config.flag_or("_remove_final_layer_norm", false), "_remove_final_layer_norm",
                 "a model without its final LayerNorm is not implemented");
  config.require(config.flag_or("layer_norm_elementwise_affine", true),
                 "layer_norm_elementwise_affine",
                 "a LayerNorm without parameters is not implemented");
  config.require(config.text_or("activation_function", "relu") == "relu", "activation_function",
                 "only relu is implemented");

  DecoderSpec spec;
  spec.architecture = "OPTForCausalLM";
  spec.hidden_size = config.positive("hidden_size");
  spec.intermediate_size = config.positive("ffn_dim");
  spec.num_hidden_layers = config.positive("num_hidden_layers");
  spec.num_attention_heads = config.positive("num_attention_heads");
  spec.num_key_value_heads = spec.num_attention_heads;
  spec.vocab_size = config.positive("vocab_size");
  spec.max_position_embeddings = config.positive("max_position_embeddings");
  config.require(config.positive_or("word_embed_proj_dim", spec.hidden_size) == spec.hidden_size,
                 "word_embed_proj_dim",
                 "a projection between embedding and blocks is not implemented");
  config.require(spec.hidden_size % spec.num_attention_heads == 0, "num_attention_heads",
                 fmt::format("must divide hidden_size {}", spec.hidden_size));
  spec.head_dim = spec.hidden_size / spec.num_attention_heads;
  spec.norm = NormKind::layer_norm;
  spec.norm_eps = 1e-5f;
  spec.mlp = MlpKind::relu;
  spec.attention_scale = 1.0f / std::sqrt(static_cast<float>(spec.head_dim));

  const std::string prefix =
      find_prefix(checkpoint, {"model.decoder.", "decoder.", ""}, "embed_tokens.weight");
  spec.embed_tokens = prefix + "embed_tokens.weight";
  const bool tied = config.flag_or("tie_word_embeddings", true);
  spec.lm_head = tied ? spec.embed_tokens : "lm_head.weight";
  if (tied) spec.ignored = {"lm_head.weight"};
  spec.positions = LearnedPositions{.tensor = prefix + "embed_positions.weight", .offset = 2};
  spec.final_norm = {prefix + "final_layer_norm.weight", prefix + "final_layer_norm.bias"};
  spec.aliases = {{"out_proj", Role::o_proj}, {"fc1", Role::up_proj}, {"fc2", Role::down_proj}};

  const Index h = spec.hidden_size, f = spec.intermediate_size;
  const bool biases = config.flag_or("enable_bias", true);
  spec.block = [prefix, h, f, biases](Index layer) {
    const std::string block = fmt::format("{}layers.{}.", prefix, layer);
    const auto norm = [&](const std::string& name) {
      return NormTensors{block + name + ".weight", block + name + ".bias"};
    };
    const auto linear = [&](Role role, const std::string& name, Index out, Index in) {
      return LinearTensors{role, out, in, block + name + ".weight",
                           biases ? block + name + ".bias" : ""};
    };
    return BlockTensors{norm("self_attn_layer_norm"),
                        norm("final_layer_norm"),
                        {linear(Role::q_proj, "self_attn.q_proj", h, h),
                         linear(Role::k_proj, "self_attn.k_proj", h, h),
                         linear(Role::v_proj, "self_attn.v_proj", h, h),
                         linear(Role::o_proj, "self_attn.out_proj", h, h),
                         linear(Role::up_proj, "fc1", f, h), linear(Role::down_proj, "fc2", h, f)}};
  };
  return spec;
}

}  // namespace

void register_opt(ArchitectureRegistry& registry) {
  registry.add({"opt", "OPTForCausalLM",
                "OPT: LayerNorm before each sub-layer, ReLU, learned positions, biases", opt_spec});
}

}  // namespace nf
