#include "core/model/architecture.h"
#include "core/model/block_table.h"
#include "core/model/config_options.h"
#include "core/model/rope.h"

namespace nf {
namespace {

/// GPT-NeoX and Pythia (arXiv 2204.06745, 2304.01373): rotary positions in part of each head,
/// attention and MLP side by side behind a norm each (or in turn), query, key and value of each
/// head in one tensor.
DecoderSpec gpt_neox_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  refuse_unsupported(config, {{"alibi", false}, {"use_qk_layernorm", false}});

  DecoderSpec spec;
  spec.architecture = "GPTNeoXForCausalLM";
  spec.hidden_size = config.positive("hidden_size");
  spec.intermediate_size = config.positive("intermediate_size");
  spec.num_hidden_layers = layer_count(config);
  spec.vocab_size = config.positive("vocab_size");
  spec.max_position_embeddings = config.positive_or("max_position_embeddings", 2048);
  split_into_heads(spec, config, "num_attention_heads");
  spec.norm_eps = norm_epsilon(config, "layer_norm_eps", 1e-5);
  spec.activation = activation_option(config, "hidden_act", "gelu");
  spec.form =
      config.flag_or("use_parallel_residual", true) ? BlockForm::parallel : BlockForm::sequential;
  spec.rope = rope_spec(config, {.head_dim = spec.head_dim,
                                 .theta_names = {"rotary_emb_base", "rope_theta"},
                                 .partial_rotary_factor = 0.25,
                                 .partial_names = {"rotary_pct", "partial_rotary_factor"},
                                 .may_be_partial = true});

  const std::string prefix =
      find_prefix(checkpoint, {"gpt_neox.", ""}, "layers.0.input_layernorm.weight");
  spec.embed_tokens = prefix + "embed_in.weight";
  spec.final_norm = norm_tensors(prefix + "final_layer_norm", true);
  choose_head(spec, config, checkpoint, false, "embed_out.weight");
  // Causal masks and frequencies that older checkpoints store.
  spec.ignored.insert(spec.ignored.end(),
                      {"*.attention.bias", "*.attention.masked_bias", "*rotary_emb.inv_freq"});
  spec.aliases = {{"dense", Role::o_proj},
                  {"dense_h_to_4h", Role::up_proj},
                  {"dense_4h_to_h", Role::down_proj}};

  const bool bias = config.flag_or("attention_bias", true);
  const std::string fused = "attention.query_key_value";
  set_blocks(spec, {.blocks = prefix + "layers.",
                    .attention_norm = {"input_layernorm", true},
                    .mlp_norm = {"post_attention_layernorm", true},
                    .linears = {{Role::q_proj, fused, bias, LinearForm::by_head},
                                {Role::k_proj, fused, bias, LinearForm::by_head},
                                {Role::v_proj, fused, bias, LinearForm::by_head},
                                {Role::o_proj, "attention.dense", bias},
                                {Role::up_proj, "mlp.dense_h_to_4h", true},
                                {Role::down_proj, "mlp.dense_4h_to_h", true}}});
  return spec;
}

}  // namespace

void register_gpt_neox(ArchitectureRegistry& registry) {
  registry.add({"gpt_neox", "GPTNeoXForCausalLM",
                "GPT-NeoX, Pythia: partial rotary positions, parallel or sequential block, GELU",
                gpt_neox_spec});
}

}  // namespace nf
