#pragma once

#include <string_view>
#include <vector>

#include "core/checkpoint/pickle.h"
#include "core/checkpoint/tensor_info.h"
#include "core/checkpoint/zip_directory.h"
#include "core/io/mapped_file.h"

namespace nf {

/// The classes, functions and types that the pickle of a dict of tensors may name.
std::vector<std::string_view> torch_globals();

/// The tensors, sorted by name, of a pickled dict {name: tensor}: plain dense tensors
/// (torch._utils._rebuild_tensor_v2 and _v3) and Parameters around them. `folder` is the archive's,
/// with its '/'. Every tensor is checked to lie in its storage, and every storage in the archive.
/// DataError "FILE: [tensor 'x':] CAUSE".
std::vector<TensorInfo> read_torch_state_dict(const MappedFile& file, const ZipDirectory& directory,
                                              std::string_view folder, const PickleValue& root);

/// Advice for the end of a message about a file that is not read.
inline constexpr std::string_view kSaveTorchAgain =
    "load the model with PyTorch and save it again with save_pretrained(dir)";

}  // namespace nf
