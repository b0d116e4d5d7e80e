#pragma once

#include <span>
#include <type_traits>

#include "core/base/types.h"

namespace nf {

/// Row-major f32 matrix owned by somebody else: [rows, cols], consecutive rows `stride` floats
/// apart. Cheap to copy. `T` is `float` or `const float`.
template <class T>
class BasicMatrixView {
 public:
  BasicMatrixView() = default;
  BasicMatrixView(T* data, Index rows, Index cols) : BasicMatrixView(data, rows, cols, cols) {}
  BasicMatrixView(T* data, Index rows, Index cols, Index stride)
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {}
  /// A mutable view reads as a const one.
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator BasicMatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data_, rows_, cols_, stride_};
  }

  T* data() const { return data_; }
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index stride() const { return stride_; }
  Index size() const { return rows_ * cols_; }
  bool empty() const { return size() == 0; }
  /// Rows lie end to end, so the whole matrix is one span.
  bool contiguous() const { return stride_ == cols_ || rows_ <= 1; }

  T* row(Index r) const { return data_ + r * stride_; }
  T& operator()(Index r, Index c) const { return data_[r * stride_ + c]; }
  /// Rows [begin, begin + count).
  BasicMatrixView middle_rows(Index begin, Index count) const {
    return {row(begin), count, cols_, stride_};
  }
  /// Columns [begin, begin + count).
  BasicMatrixView middle_cols(Index begin, Index count) const {
    return {data_ + begin, rows_, count, stride_};
  }

 private:
  T* data_ = nullptr;
  Index rows_ = 0;
  Index cols_ = 0;
  Index stride_ = 0;
};

using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;
using VectorView = std::span<float>;
using ConstVectorView = std::span<const float>;

}  // namespace nf
