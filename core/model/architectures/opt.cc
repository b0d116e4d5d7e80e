#include "core/model/architecture.h"
#include "core/model/block_table.h"
#include "core/model/config_options.h"

namespace nf {
namespace {

/// OPT (arXiv 2205.01068): learned positions starting at row 2, LayerNorm before each sub-layer;
/// the 350m form has it behind each, and an embedding narrower than the blocks.
DecoderSpec opt_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  refuse_unsupported(config,
                     {{"alibi", false}, {"scale_embeddings", false}, {"learned_embeddings", true}});

  DecoderSpec spec;
  spec.architecture = "OPTForCausalLM";
  spec.hidden_size = config.positive("hidden_size");
  spec.intermediate_size = config.positive("ffn_dim");
  spec.num_hidden_layers = layer_count(config);
  spec.vocab_size = config.positive("vocab_size");
  spec.max_position_embeddings = config.positive_or("max_position_embeddings", 2048);
  split_into_heads(spec, config, "num_attention_heads");
  spec.activation = activation_option(config, "activation_function", "relu");
  const bool norm_before = config.flag_or("do_layer_norm_before", true);
  spec.form = norm_before ? BlockForm::sequential : BlockForm::post_norm;

  const std::string prefix =
      find_prefix(checkpoint, {"model.decoder.", "decoder.", ""}, "layers.0.fc1.weight");
  spec.embed_tokens = prefix + "embed_tokens.weight";
  spec.positions = LearnedPositions{.tensor = prefix + "embed_positions.weight", .offset = 2};
  spec.embed_size = config.positive_or("word_embed_proj_dim", spec.hidden_size);
  if (spec.embed_size != spec.hidden_size) {
    spec.project_in = prefix + "project_in.weight";
    spec.project_out = prefix + "project_out.weight";
  }
  const auto norm = [&](const std::string& module) -> NormRow {
    // Galactica's larger models, which are OPT otherwise, have norms without parameters.
    const bool affine = config.flag_or("layer_norm_elementwise_affine", true);
    return {.module = module, .bias = affine, .without_parameters = !affine};
  };
  if (norm_before && !config.flag_or("_remove_final_layer_norm", false))
    spec.final_norm = norm_tensors(norm("final_layer_norm"), prefix);
  choose_head(spec, config, checkpoint, true, "lm_head.weight");
  // A mark of fairseq, from which the weights were converted.
  spec.ignored.push_back(prefix + "version");
  spec.aliases = {{"out_proj", Role::o_proj}, {"fc1", Role::up_proj}, {"fc2", Role::down_proj}};

  const bool bias = config.flag_or("enable_bias", true);
  set_blocks(spec, {.blocks = prefix + "layers.",
                    .attention_norm = norm("self_attn_layer_norm"),
                    .mlp_norm = norm("final_layer_norm"),
                    .linears = {{Role::q_proj, "self_attn.q_proj", bias},
                                {Role::k_proj, "self_attn.k_proj", bias},
                                {Role::v_proj, "self_attn.v_proj", bias},
                                {Role::o_proj, "self_attn.out_proj", bias},
                                {Role::up_proj, "fc1", bias},
                                {Role::down_proj, "fc2", bias}}});
  return spec;
}

}  // namespace

void register_opt(ArchitectureRegistry& registry) {
  registry.add({"opt", "OPTForCausalLM",
                "OPT: LayerNorm before (350m: behind) each sub-layer, ReLU, learned positions",
                opt_spec});
}

}  // namespace nf
