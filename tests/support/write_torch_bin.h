#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/checkpoint/dtype.h"
#include "tests/support/write_safetensors.h"

namespace nf {

/// A tensor as torch.save sees it: a view of a storage.
struct TorchView {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape;
  std::vector<Index> strides;  ///< in elements
  Index offset = 0;            ///< in elements
  std::size_t storage = 0;
  bool parameter = false;  ///< an nn.Parameter, which state_dict() unwraps but a plain dict keeps
};

/// A file as torch.save(dict) writes it.
struct TorchFile {
  std::string folder = "archive";
  int protocol = 2;              ///< or 4
  bool module_metadata = false;  ///< as module.state_dict() has it
  std::string byteorder;         ///< "little" from PyTorch 2.1 on, "": no such file
  std::vector<std::string> storages;
  std::vector<TorchView> views;
};

/// One storage for each tensor, in their order. Integer dtypes take whole values.
TorchFile torch_file(const std::vector<TestTensor>& tensors);

/// data.pkl
std::string torch_pickle(const TorchFile& file);

/// A file in the archive: `bytes`, then `zeros` zero bytes, which take no room on the disk.
struct ZipRecord {
  std::string name;
  std::string bytes;
  Index zeros = 0;
};

/// An archive as PyTorch writes it: stored, padded to multiples of 64, ZIP64 where 32 bits are not
/// enough, or everywhere with `force64`.
void write_torch_zip(const std::filesystem::path& path, const std::vector<ZipRecord>& records,
                     bool force64 = false);

/// The whole file, byte for byte as PyTorch 1.13 does with the same folder name.
void write_torch_bin(const std::filesystem::path& path, const TorchFile& file,
                     bool force64 = false);
void write_torch_bin(const std::filesystem::path& path, const std::vector<TestTensor>& tensors);

/// `shard_count` files pytorch_model-0000i-of-0000n.bin of neighbouring tensors, and their index.
void write_torch_shards(const std::filesystem::path& dir, const std::vector<TestTensor>& tensors,
                        int shard_count);

}  // namespace nf
