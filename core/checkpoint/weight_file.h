#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/checkpoint/tensor_info.h"
#include "core/io/mapped_file.h"
#include "core/tensor/view.h"

namespace nf {

/// A file of tensors, memory-mapped, whatever its format: open_safetensors and open_torch_bin make
/// one. No weight is read before it is asked for. Move-only; reading is thread-safe.
class WeightFile {
 public:
  /// `tensors` sorted by name, every one inside the file.
  WeightFile(MappedFile file, std::vector<TensorInfo> tensors);

  const std::filesystem::path& path() const { return file_.path(); }
  const MappedFile& file() const { return file_; }
  /// Sorted by name.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// nullptr when there is no such tensor. Valid as long as this object, moves included.
  const TensorInfo* find(std::string_view name) const;

  /// Rows [begin_row, begin_row + out.rows()) of a vector or matrix as f32; out: [rows,
  /// tensor.cols()]. f32, f16 and bf16 convert exactly, f64 is rounded. DataError "FILE: tensor
  /// 'x': NaN at [row, col]" (or infinity, or an f64 beyond f32), for every other dtype, and for
  /// more dimensions. Single-threaded inside: callers share rows among threads.
  void read_f32(const TensorInfo& tensor, Index begin_row, MatrixView out) const;

  /// The stored bytes of some rows of a vector or matrix; empty where they are not side by side.
  std::span<const std::byte> row_bytes(const TensorInfo& tensor, Index begin_row,
                                       Index row_count) const;

  /// A hint (MappedFile::advise) on the bytes of all elements, or of some rows of a vector or
  /// matrix.
  void advise(const TensorInfo& tensor, MappedFile::Advice advice) const;
  void advise(const TensorInfo& tensor, Index begin_row, Index row_count,
              MappedFile::Advice advice) const;

 private:
  MappedFile file_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace nf
