#include "core/model/architecture.h"
#include "core/model/llama_like.h"

namespace nf {
namespace {

/// Mistral (arXiv 2310.06825): Llama with a sliding window in every layer.
DecoderSpec mistral_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  const Index window = sliding_window(config);
  const std::vector<Index> windows = layer_windows(config, window, 0);
  for (const Index of_layer : windows)
    config.require(of_layer == window, "layer_types",
                   "this family has its sliding_window in all layers or in none");
  return llama_like_spec(
      config, checkpoint,
      {.architecture = "MistralForCausalLM",
       .key_value_heads = 8,
       .max_position_embeddings = 4096 * 32,
       .sliding_windows = windows,
       .unsupported = {
           {"alibi", false}, {"logit_scale", 1}, {"use_qk_norm", false}, {"qk_layernorm", false}}});
}

}  // namespace

void register_mistral(ArchitectureRegistry& registry) {
  registry.add({"mistral", "MistralForCausalLM",
                "Mistral: Llama's build with sliding-window attention", mistral_spec});
}

}  // namespace nf
