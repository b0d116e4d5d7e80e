#include "core/model/config_options.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/suggest.h"

namespace nf {
namespace {

/// transformers' names. gelu_python and gelu are one function, as are those of the tanh form;
/// quick_gelu and gelu_10 are others.
const std::vector<std::pair<std::string, Activation>>& activations() {
  static const std::vector<std::pair<std::string, Activation>> table = {
      {"relu", Activation::relu},
      {"gelu", Activation::gelu},
      {"gelu_python", Activation::gelu},
      {"gelu_new", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh},
      {"gelu_accurate", Activation::gelu_tanh},
      {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"silu", Activation::silu},
      {"swish", Activation::silu},
  };
  return table;
}

constexpr Index kMostLayers = 10'000;
constexpr Index kMostHeads = 100'000;

/// Options of other families whose config.json may say this family's model_type.
const std::vector<UnsupportedOption>& everywhere_unsupported() {
  static const std::vector<UnsupportedOption> options = {
      {"add_cross_attention", false},
      {"is_encoder_decoder", false},
      {"clip_qkv"},
      {"attn_logit_softcapping"},
      {"final_logit_softcapping"},
      {"query_pre_attn_scalar"},
      {"attention_multiplier"},
      {"embedding_multiplier", 1},
      {"residual_multiplier", 1},
      {"logits_scaling", 1},
      {"scale_emb", 1},
      {"scale_depth"},
      {"num_experts", 0},
      {"num_local_experts", 0},
      {"n_routed_experts", 0},
      {"per_layer_config", Json::object()},
  };
  return options;
}

void refuse(const HfConfig& config, const UnsupportedOption& option) {
  const Json& value = config.raw(option.field);
  config.require(value.is_null() || value == option.harmless, option.field,
                 "would change the numbers and is not implemented for this family");
}

/// Whether the head of the checkpoint is to be the embedding.
bool head_is_embedding(const DecoderSpec& spec, const HfConfig& config,
                       const Checkpoint& checkpoint, const std::string& head) {
  // Of two heads either may be another than the embedding: asking for it says so.
  if (checkpoint.is_doubled(head)) static_cast<void>(checkpoint.info(head));
  if (!checkpoint.has(head)) return true;
  const std::vector<Index> shape{spec.vocab_size, spec.embedding_size()};
  const TensorInfo &stored = checkpoint.info(head), &embedding = checkpoint.info(spec.embed_tokens);
  // Another shape is told where all shapes are checked.
  if (stored.shape != shape || embedding.shape != shape) return false;
  if (checkpoint.equal_values(head, spec.embed_tokens)) return true;
  const char* const field = "tie_word_embeddings";
  config.warn(field, fmt::format("is true{}, but '{}' has other values than '{}': the two are not "
                                 "tied, and '{}' is the head",
                                 config.raw(field).is_null() ? " by default" : "", head,
                                 spec.embed_tokens, head));
  return false;
}

}  // namespace

void refuse_unsupported(const HfConfig& config, const std::vector<UnsupportedOption>& options) {
  for (const char* field : {"quantization_config", "compression_config"})
    if (!config.raw(field).is_null())
      throw DataError(fmt::format(
          "{}: {}: a checkpoint that is quantized already is not read; use the float32, "
          "float16 or bfloat16 one",
          config.file(), field));
  for (const UnsupportedOption& option : everywhere_unsupported()) refuse(config, option);
  for (const UnsupportedOption& option : options) refuse(config, option);
}

Activation activation_option(const HfConfig& config, const std::string& field,
                             const std::string& fallback) {
  const std::string name = config.text_or(field, fallback);
  std::vector<std::string> known;
  for (const auto& [known_name, activation] : activations()) {
    if (name == known_name) return activation;
    known.push_back(known_name);
  }
  throw DataError(fmt::format("{}: {}: '{}' is not implemented{}", config.file(), field, name,
                              suggestion(name, known)));
}

Index layer_count(const HfConfig& config, const std::vector<std::string>& names) {
  const std::string field = config.spelling(names);
  const Index layers = config.positive(field);
  config.require(layers <= kMostLayers, field, fmt::format("must be at most {}", kMostLayers));
  return layers;
}

float norm_epsilon(const HfConfig& config, const std::string& field, double fallback) {
  const double epsilon = config.number_or(field, fallback);
  config.require(epsilon >= 0.0, field, "must not be negative");
  return static_cast<float>(epsilon);
}

Index head_count(const HfConfig& config, const std::string& field) {
  const Index heads = config.positive(field);
  config.require(heads <= kMostHeads, field, fmt::format("must be at most {}", kMostHeads));
  return heads;
}

void split_into_heads(DecoderSpec& spec, const HfConfig& config, const std::string& field) {
  spec.num_attention_heads = head_count(config, field);
  spec.num_key_value_heads = spec.num_attention_heads;
  config.require(spec.hidden_size % spec.num_attention_heads == 0, field,
                 fmt::format("must divide hidden_size {}", spec.hidden_size));
  spec.head_dim = spec.hidden_size / spec.num_attention_heads;
  const auto require_implied = [&config](const std::string& name, Index value) {
    config.require(config.raw(name).is_null() || config.raw(name) == value, name,
                   fmt::format("is {} in this family, by the other fields", value));
  };
  require_implied("head_dim", spec.head_dim);
  require_implied("num_key_value_heads", spec.num_key_value_heads);
}

void choose_head(DecoderSpec& spec, const HfConfig& config, const Checkpoint& checkpoint, bool tied,
                 const std::string& head) {
  spec.lm_head = head;
  if (!config.flag_or("tie_word_embeddings", tied)) return;
  // An embedding that cannot be read is an error, not missing.
  const bool is_broken = checkpoint.broken().contains(spec.embed_tokens);
  if (checkpoint.has(head) && !checkpoint.has(spec.embed_tokens) && !is_broken)
    spec.embed_tokens = head;
  if (!head_is_embedding(spec, config, checkpoint, head)) return;
  spec.lm_head = spec.embed_tokens;
  spec.ignored.push_back(head);
}

}  // namespace nf
