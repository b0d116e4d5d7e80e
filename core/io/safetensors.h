#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/io/dtype.h"
#include "core/io/mapped_file.h"
#include "core/tensor/view.h"

namespace nf {

/// Where one tensor lies in its file.
struct TensorInfo {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape;
  Index begin = 0;  ///< offset of the first byte in the file
  Index bytes = 0;

  /// A vector [n] counts as the matrix [1, n].
  Index rows() const { return shape.size() == 2 ? shape[0] : 1; }
  Index cols() const { return shape.empty() ? 1 : shape.back(); }
  /// "[768, 3072]"
  std::string shape_text() const;
};

/// One .safetensors file, memory-mapped: 8 bytes of header length (little-endian), a JSON header,
/// the data. https://huggingface.co/docs/safetensors (the "Format" part). Opening checks the header
/// completely: lengths, JSON, duplicate names, dtypes, shapes, and that the tensors fill the data
/// without overlap, hole or rest. Move-only; reading is thread-safe.
class SafetensorsFile {
 public:
  /// DataError "FILE: [tensor 'x':] CAUSE".
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_.path(); }
  const MappedFile& file() const { return file_; }
  /// Sorted by name.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// nullptr when there is no such tensor. Valid as long as this object, moves included.
  const TensorInfo* find(std::string_view name) const;

  /// Rows [begin_row, begin_row + out.rows()) of a vector or matrix as f32; out: [rows,
  /// tensor.cols()]. f32, f16 and bf16 convert exactly. DataError "FILE: tensor 'x': NaN at [row,
  /// col]" (or infinity), and for another dtype or more dimensions. Single-threaded inside: callers
  /// share rows among threads.
  void read_f32(const TensorInfo& tensor, Index begin_row, MatrixView out) const;

 private:
  MappedFile file_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace nf
