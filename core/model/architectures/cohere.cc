#include "core/model/architecture.h"
#include "core/model/llama_like.h"

namespace nf {
namespace {

/// Command-R: attention and MLP side by side behind one LayerNorm without bias, interleaved rotary
/// positions, scaled logits, and in the larger models a LayerNorm of each query and key head.
DecoderSpec cohere_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  const bool attention_bias = config.flag_or("attention_bias", false);
  const bool qk_norm = config.flag_or("use_qk_norm", false);
  DecoderSpec spec = llama_like_spec(config, checkpoint,
                                     {.architecture = "CohereForCausalLM",
                                      .max_position_embeddings = 8192,
                                      .tied = true,
                                      .rope_theta = 500000.0,
                                      .qkv_bias = attention_bias,
                                      .o_bias = attention_bias,
                                      .norm = NormKind::layer_norm,
                                      .parallel = true,
                                      .interleaved_rope = true,
                                      .qk_norm = qk_norm,
                                      .qk_norm_per_head = qk_norm,
                                      .sliding_windows = layer_windows(config, 0, 0),
                                      .unsupported = {{"alibi", false},
                                                      {"sliding_window"},
                                                      {"use_parallel_block", true},
                                                      {"use_gated_activation", true}}});
  spec.logit_scale = static_cast<float>(config.number_or("logit_scale", 0.0625));
  return spec;
}

}  // namespace

void register_cohere(ArchitectureRegistry& registry) {
  registry.add({"cohere", "CohereForCausalLM",
                "Cohere Command-R: parallel block, LayerNorm without bias, interleaved rotary "
                "positions, scaled logits",
                cohere_spec});
}

}  // namespace nf
