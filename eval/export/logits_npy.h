#pragma once

#include <filesystem>

#include "core/model/decoder.h"

namespace nf {

/// Logits of the untouched model for every position of every sequence: int32 .npy [B, T] (or [T],
/// one sequence) in, float32 .npy [B, T, V] out, written whole or not at all. Throws DataError.
void write_logits(Decoder& decoder, const std::filesystem::path& ids,
                  const std::filesystem::path& out);

}  // namespace nf
