#pragma once

#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/model/decoder_spec.h"
#include "core/model/hf_config.h"

namespace nf {

/// Options that several families read out of config.json, with transformers' names and defaults.

/// A field that changes the numbers in a way that is not implemented.
struct UnsupportedOption {
  std::string field;
  Json harmless{};  ///< the value that changes nothing; absent and null never do
};

/// Refuses the family's own unsupported options and those that no family has: quantized weights,
/// soft caps, multipliers of the residual stream, experts and the like. Throws DataError naming
/// file, field and value.
void refuse_unsupported(const HfConfig& config, const std::vector<UnsupportedOption>& options);

/// The activation that `field` names, `fallback` where it is absent. Throws DataError for one that
/// is not implemented, naming those that are.
Activation activation_option(const HfConfig& config, const std::string& field,
                             const std::string& fallback);

/// The number of blocks, by the first of `names` that the file has. Throws DataError for more than
/// any model has: things made for each block would otherwise fill the memory before a missing
/// tensor shows.
Index layer_count(const HfConfig& config,
                  const std::vector<std::string>& names = {"num_hidden_layers"});

/// A norm's epsilon, `fallback` where the field is absent. Throws DataError for a negative one.
float norm_epsilon(const HfConfig& config, const std::string& field, double fallback);

/// The number of attention heads. Throws DataError for more than any model has: things made for
/// each head would otherwise fill the memory before a tensor's shape shows.
Index head_count(const HfConfig& config, const std::string& field);

/// Fills in num_attention_heads = num_key_value_heads = `heads` and head_dim of a family whose
/// heads share hidden_size out evenly. Throws DataError naming `field` where they cannot, and for a
/// head_dim or num_key_value_heads that says otherwise.
void split_into_heads(DecoderSpec& spec, const HfConfig& config, const std::string& field);

/// Fills in lm_head. Where tie_word_embeddings (default `tied`) says so it is spec.embed_tokens,
/// unless the checkpoint holds a `head` of other values: as for transformers 5 that one counts
/// then, with a warning. Else it is `head`. safetensors.torch keeps of a tied pair the name that
/// sorts first, so `head` becomes both where the checkpoint holds it alone. Reads weights where
/// there is a pair to compare.
void choose_head(DecoderSpec& spec, const HfConfig& config, const Checkpoint& checkpoint, bool tied,
                 const std::string& head);

}  // namespace nf
