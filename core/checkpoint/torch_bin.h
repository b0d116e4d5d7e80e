#pragma once

#include <filesystem>

#include "core/checkpoint/weight_file.h"

namespace nf {

/// A pytorch_model*.bin in the form that torch.save writes since PyTorch 1.6: a zip archive
/// (stored, not compressed) of `NAME/data.pkl`, a pickle of a dict of tensors, and `NAME/data/KEY`,
/// the bytes of each storage. The pickle is read as data (core/checkpoint/pickle.h): only dicts,
/// plain dense tensors and Parameters are known, everything else is refused by name, and nothing is
/// executed. Tensors may share a storage (tied weights) and may be views of it (transposes,
/// slices). Complex, integer, 8-bit float and boolean tensors are listed but cannot be read as
/// weights. Opening reads the directory, the pickle and one header for each storage, no weight.
/// DataError "FILE: [tensor 'x':] CAUSE", also for the form before 1.6, big-endian bytes, and a
/// dict that holds something else than tensors.
WeightFile open_torch_bin(const std::filesystem::path& path);

}  // namespace nf
