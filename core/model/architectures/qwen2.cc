#include "core/model/architecture.h"
#include "core/model/llama_like.h"

namespace nf {
namespace {

/// Qwen 2 and 2.5 (arXiv 2407.10671, 2412.15115): Llama with biases in q, k and v alone, and
/// sliding windows in the upper layers of some.
DecoderSpec qwen2_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  return llama_like_spec(
      config, checkpoint,
      {.architecture = "Qwen2ForCausalLM",
       .key_value_heads = 32,
       .max_position_embeddings = 32768,
       .qkv_bias = true,
       .sliding_windows = qwen_windows(config),
       .unsupported = {{"alibi", false}, {"logit_scale", 1}, {"use_qk_norm", false}}});
}

}  // namespace

void register_qwen2(ArchitectureRegistry& registry) {
  registry.add({"qwen2", "Qwen2ForCausalLM",
                "Qwen 2, 2.5: Llama's build with biases in q, k, v and windows in upper layers",
                qwen2_spec});
}

}  // namespace nf
