#pragma once

#include <vector>

#include "core/io/mapped_file.h"
#include "core/io/safetensors.h"

namespace nf {

/// The tensors of a safetensors file, sorted by name, after every check that SafetensorsFile
/// promises.
std::vector<TensorInfo> parse_safetensors_header(const MappedFile& file);

}  // namespace nf
