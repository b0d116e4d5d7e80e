#include <cmath>

#include "core/model/architecture.h"
#include "core/model/block_table.h"
#include "core/model/config_options.h"

namespace nf {
namespace {

/// Slopes fall with distance for ever, so nothing in the model ends: this is only a bound for what
/// a file or a user may ask for.
constexpr Index kNoPositionLimit = Index{1} << 20;

/// The slopes of ALiBi (arXiv 2108.12409, section 3 and its code): 2^(-8/n), 2^(-16/n), ... for n
/// heads where n is a power of two; else those of the power below, and every other slope of the
/// power above. Bases are f32, as transformers has them.
std::vector<float> alibi_slopes(Index heads) {
  Index power = 1;
  while (2 * power <= heads) power *= 2;
  const auto slope = [](Index of_heads, Index exponent) {
    const auto base = static_cast<float>(std::exp2(-8.0 / static_cast<double>(of_heads)));
    return static_cast<float>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  };
  std::vector<float> slopes;
  for (Index head = 0; head < heads; ++head)
    slopes.push_back(head < power ? slope(power, head + 1)
                                  : slope(2 * power, 2 * (head - power) + 1));
  return slopes;
}

/// BLOOM (arXiv 2211.05100): ALiBi instead of positions, a norm behind the embedding, query, key
/// and value of each head in one tensor. pretraining_tp and slow_but_exact only change the order of
/// sums.
DecoderSpec bloom_spec(const HfConfig& config, const Checkpoint& checkpoint) {
  refuse_unsupported(config, {{"alibi", true},
                              {"multi_query", false},
                              {"parallel_attn", false},
                              {"new_decoder_architecture", false}});

  // transformers has two names for each size; where a file has both, the first given here counts.
  DecoderSpec spec;
  spec.architecture = "BloomForCausalLM";
  spec.hidden_size = config.positive(config.spelling({"n_embed", "hidden_size"}));
  spec.intermediate_size = 4 * spec.hidden_size;
  spec.num_hidden_layers = layer_count(config, {"num_hidden_layers", "n_layer"});
  spec.vocab_size = config.positive("vocab_size");
  spec.max_position_embeddings = kNoPositionLimit;
  split_into_heads(spec, config, config.spelling({"num_attention_heads", "n_head"}));
  spec.alibi_slopes = alibi_slopes(spec.num_attention_heads);
  spec.norm_eps = norm_epsilon(config, "layer_norm_epsilon", 1e-5);
  spec.activation = Activation::gelu_tanh;
  spec.residual_from_norm = config.flag_or("apply_residual_connection_post_layernorm", false);

  const std::string prefix =
      find_prefix(checkpoint, {"transformer.", ""}, "h.0.input_layernorm.weight");
  spec.embed_tokens = prefix + "word_embeddings.weight";
  spec.embedding_norm = norm_tensors(prefix + "word_embeddings_layernorm", true);
  spec.final_norm = norm_tensors(prefix + "ln_f", true);
  choose_head(spec, config, checkpoint, true, "lm_head.weight");
  spec.aliases = {{"dense", Role::o_proj},
                  {"dense_h_to_4h", Role::up_proj},
                  {"dense_4h_to_h", Role::down_proj}};

  const std::string fused = "self_attention.query_key_value";
  set_blocks(spec, {.blocks = prefix + "h.",
                    .attention_norm = {"input_layernorm", true},
                    .mlp_norm = {"post_attention_layernorm", true},
                    .linears = {{Role::q_proj, fused, true, LinearForm::by_head},
                                {Role::k_proj, fused, true, LinearForm::by_head},
                                {Role::v_proj, fused, true, LinearForm::by_head},
                                {Role::o_proj, "self_attention.dense", true},
                                {Role::up_proj, "mlp.dense_h_to_4h", true},
                                {Role::down_proj, "mlp.dense_4h_to_h", true}}});
  return spec;
}

}  // namespace

void register_bloom(ArchitectureRegistry& registry) {
  registry.add({"bloom", "BloomForCausalLM", "BLOOM: ALiBi, a LayerNorm behind the embedding, GELU",
                bloom_spec});
}

}  // namespace nf
