#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/base/check.h"
#include "core/base/large_pages.h"
#include "core/tensor/view.h"

namespace nf {

/// Owns a row-major f32 matrix [rows, cols], 64-byte aligned, uninitialised on construction. Moves,
/// never copies.
class Matrix {
 public:
  Matrix() = default;
  Matrix(Index rows, Index cols) { resize(rows, cols); }

  /// New shape; the contents are lost unless they fit the memory already held. Never shrinks it.
  void resize(Index rows, Index cols) {
    NF_CHECK(rows >= 0 && cols >= 0, "matrix of [{}, {}]", rows, cols);
    const Index wanted = rows * cols;
    if (wanted > capacity_) {
      data_.reset(allocate_floats(wanted));
      capacity_ = wanted;
    }
    rows_ = rows;
    cols_ = cols;
  }
  void fill(float value) { std::fill(data(), data() + size(), value); }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index size() const { return rows_ * cols_; }
  bool empty() const { return size() == 0; }
  float& operator()(Index r, Index c) { return data_[static_cast<std::size_t>(r * cols_ + c)]; }
  float operator()(Index r, Index c) const {
    return data_[static_cast<std::size_t>(r * cols_ + c)];
  }

  MatrixView view() { return {data(), rows_, cols_}; }
  ConstMatrixView view() const { return {data(), rows_, cols_}; }
  operator MatrixView() { return view(); }             // NOLINT(google-explicit-constructor)
  operator ConstMatrixView() const { return view(); }  // NOLINT(google-explicit-constructor)

 private:
  struct Free {
    void operator()(float* p) const { free_floats(p); }
  };

  std::unique_ptr<float[], Free> data_;
  Index capacity_ = 0;
  Index rows_ = 0;
  Index cols_ = 0;
};

}  // namespace nf
