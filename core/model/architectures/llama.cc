#include "core/model/architecture.h"
#include "core/model/llama_like.h"

namespace nf {
namespace {

/// Llama 1, 2 and 3 (arXiv 2302.13971, 2307.09288, 2407.21783).
DecoderSpec llama_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  const bool attention_bias = config.flag_or("attention_bias", false);
  if (!config.raw("sliding_window").is_null())
    config.warn("sliding_window", "is not used: this family has none");
  return llama_like_spec(config, checkpoint,
                         {.architecture = "LlamaForCausalLM",
                          .qkv_bias = attention_bias,
                          .o_bias = attention_bias,
                          .mlp_bias = config.flag_or("mlp_bias", false),
                          .sliding_windows = layer_windows(config, 0, 0),
                          .unsupported = {{"alibi", false},
                                          {"logit_scale", 1},
                                          {"use_qk_norm", false},
                                          {"qk_layernorm", false},
                                          {"no_rope_layers"}}});
}

}  // namespace

void register_llama(ArchitectureRegistry& registry) {
  registry.add({"llama", "LlamaForCausalLM",
                "Llama 1, 2, 3: RMSNorm, SwiGLU, rotary positions, grouped key/value heads",
                llama_spec});
}

}  // namespace nf
