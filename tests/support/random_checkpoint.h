#pragma once

/// Checkpoints of any family and size, of random bf16 weights: the cost of a model of that shape
/// does not depend on what it has learnt. Written in bounded memory, so a size beyond the RAM is
/// fine.

#include <cstdint>
#include <filesystem>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

struct RandomCheckpointOptions {
  std::uint64_t seed = 0;
  Index shard_bytes = Index{5} << 30;  ///< a shard ends before the tensor that would exceed this
  /// No weights are written: the files are as long, with holes for them, which are read as zeros.
  bool is_hollow = false;
};

/// Writes config.json and model.safetensors, or shards and their index, into `dir`. The tensors are
/// those that the architecture of `config` asks for; weights that were there before are gone, in
/// whichever form. Vectors that scale are 1, biases small;
/// matrices have values of about 1/sqrt(columns), so hidden states stay finite in any depth.
/// Returns the bytes of all weights. Throws DataError for a config.json that no architecture
/// takes and where the disk refuses.
Index write_random_checkpoint(const Json& config, const std::filesystem::path& dir,
                              const RandomCheckpointOptions& options = {});

}  // namespace nf
