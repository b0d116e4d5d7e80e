#pragma once

#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/checkpoint/dtype.h"

namespace nf {

/// The place of one tensor in its file.
struct TensorInfo {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape;
  /// Distance of neighbours in each dimension, in elements; empty for row-major without gaps, which
  /// safetensors always is. torch.save keeps a view (a transpose, a slice) as it is.
  std::vector<Index> strides;
  Index begin = 0;  ///< offset of the first byte in the file
  Index bytes = 0;  ///< from the first element's beginning to the last one's end

  /// A vector [n] counts as the matrix [1, n].
  Index rows() const { return shape.size() == 2 ? shape[0] : 1; }
  Index cols() const { return shape.empty() ? 1 : shape.back(); }
  /// "[768, 3072]"
  std::string shape_text() const;
};

}  // namespace nf
