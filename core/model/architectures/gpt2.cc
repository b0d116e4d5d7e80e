#include "core/model/architecture.h"
#include "core/model/block_table.h"
#include "core/model/config_options.h"

namespace nf {
namespace {

/// 1/sqrt(head_dim) unless scale_attn_weights says no, by the layer's number (from 1) where
/// scale_attn_by_inverse_layer_idx asks for it.
std::vector<float> attention_scales(const HfConfig& config, const DecoderSpec& spec) {
  const bool by_head = config.flag_or("scale_attn_weights", true);
  const bool by_layer = config.flag_or("scale_attn_by_inverse_layer_idx", false);
  std::vector<float> scales;
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
    scales.push_back((by_head ? attention_scale(spec.head_dim) : 1.0f) /
                     (by_layer ? static_cast<float>(layer + 1) : 1.0f));
  return scales;
}

/// GPT-2: weights stored [in, out], query, key and value side by side in one tensor, learned
/// positions.
DecoderSpec gpt2_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  refuse_unsupported(config, {{"alibi", false}, {"multi_query", false}});

  // transformers has two names for each size; where a file has both, the longer one counts.
  DecoderSpec spec;
  spec.architecture = "GPT2LMHeadModel";
  spec.hidden_size = config.positive(config.spelling({"hidden_size", "n_embd"}));
  spec.intermediate_size = config.positive_or("n_inner", 4 * spec.hidden_size);
  spec.num_hidden_layers = layer_count(config, {"num_hidden_layers", "n_layer"});
  spec.vocab_size = config.positive("vocab_size");
  spec.max_position_embeddings =
      config.positive_or(config.spelling({"max_position_embeddings", "n_positions"}), 1024);
  split_into_heads(spec, config, config.spelling({"num_attention_heads", "n_head"}));
  spec.norm_eps = norm_epsilon(config, "layer_norm_epsilon", 1e-5);
  spec.activation = activation_option(config, "activation_function", "gelu_new");

  const std::string prefix = find_prefix(checkpoint, {"transformer.", ""}, "h.0.ln_1.weight");
  spec.embed_tokens = prefix + "wte.weight";
  spec.positions = LearnedPositions{.tensor = prefix + "wpe.weight"};
  spec.final_norm = norm_tensors(prefix + "ln_f", true);
  choose_head(spec, config, checkpoint, true, "lm_head.weight");
  // Causal masks that older checkpoints store.
  spec.ignored.insert(spec.ignored.end(), {"*.attn.bias", "*.attn.masked_bias"});
  spec.aliases = {{"c_fc", Role::up_proj}};

  set_blocks(spec, {.blocks = prefix + "h.",
                    .attention_norm = {"ln_1", true},
                    .mlp_norm = {"ln_2", true},
                    .linears = {{Role::q_proj, "attn.c_attn", true, LinearForm::conv1d_third},
                                {Role::k_proj, "attn.c_attn", true, LinearForm::conv1d_third},
                                {Role::v_proj, "attn.c_attn", true, LinearForm::conv1d_third},
                                {Role::o_proj, "attn.c_proj", true, LinearForm::conv1d},
                                {Role::up_proj, "mlp.c_fc", true, LinearForm::conv1d},
                                {Role::down_proj, "mlp.c_proj", true, LinearForm::conv1d}},
                    .attention_scales = attention_scales(config, spec)});
  return spec;
}

}  // namespace

void register_gpt2(ArchitectureRegistry& registry) {
  registry.add({"gpt2", "GPT2LMHeadModel",
                "GPT-2: LayerNorm before each sub-layer, GELU, learned positions", gpt2_spec});
}

}  // namespace nf
