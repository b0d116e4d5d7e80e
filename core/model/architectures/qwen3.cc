#include "core/model/architecture.h"
#include "core/model/llama_like.h"

namespace nf {
namespace {

/// Qwen 3 (arXiv 2505.09388), dense: Llama with an RMSNorm of each query and key head.
DecoderSpec qwen3_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  const bool attention_bias = config.flag_or("attention_bias", false);
  return llama_like_spec(config, checkpoint,
                         {.architecture = "Qwen3ForCausalLM",
                          .key_value_heads = 32,
                          .head_dim = 128,
                          .max_position_embeddings = 32768,
                          .qkv_bias = attention_bias,
                          .o_bias = attention_bias,
                          .qk_norm = true,
                          .sliding_windows = qwen_windows(config),
                          .unsupported = {{"alibi", false}, {"logit_scale", 1}}});
}

}  // namespace

void register_qwen3(ArchitectureRegistry& registry) {
  registry.add({"qwen3", "Qwen3ForCausalLM",
                "Qwen 3: Llama's build with RMSNorm of each query and key head", qwen3_spec});
}

}  // namespace nf
