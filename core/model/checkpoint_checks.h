#pragma once

#include "core/checkpoint/checkpoint.h"
#include "core/model/decoder_spec.h"
#include "core/model/hf_config.h"

namespace nf {

/// Holds the files of a checkpoint against each other and against the model that is made of them
/// (docs/models.md, "Checkpoint and config"). Where one source wins over another, that becomes a
/// warning of `config`. Reads headers only.

/// Every tensor of the model must be there, of its shape and of numbers, and every other one must
/// be known to change nothing. A tensor that no index lists, and one that an index lists in vain,
/// need only be told where the model does not use it. Throws DataError.
void check_tensors(const DecoderSpec& spec, const Checkpoint& checkpoint, const HfConfig& config);

/// Fields of config.json that say what the weights say better: torch_dtype, architectures. Throws
/// DataError for an adapter beside the weights, which would have to be applied.
void check_claims(const DecoderSpec& spec, const Checkpoint& checkpoint, const HfConfig& config);

/// Fills in bos_token_id, and bos_problem where the field is no token of the model. A
/// generation_config.json that says otherwise is told. Throws DataError where that is no JSON.
void read_bos(DecoderSpec& spec, const Checkpoint& checkpoint, const HfConfig& config);

}  // namespace nf
