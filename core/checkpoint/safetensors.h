#pragma once

#include <filesystem>

#include "core/checkpoint/weight_file.h"

namespace nf {

/// One .safetensors file: 8 bytes of header length (little-endian), a JSON header, the data.
/// https://huggingface.co/docs/safetensors (the "Format" part). Opening checks the header
/// completely: lengths, JSON, duplicate names, dtypes, shapes, and that the tensors fill the data
/// without overlap, hole or rest. DataError "FILE: [tensor 'x':] CAUSE".
WeightFile open_safetensors(const std::filesystem::path& path);

}  // namespace nf
