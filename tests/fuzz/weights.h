#pragma once

/// The promises of every reader of weights (core/checkpoint/weight_file.h), checked on a file that
/// one of them took.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/checkpoint/weight_file.h"
#include "core/tensor/matrix.h"
#include "tests/fuzz/fuzz.h"

namespace nf {

/// Element `index` of a plain array at `bytes` as a float; nullopt for types that weights may not
/// have.
inline std::optional<float> element(const std::byte* bytes, Dtype dtype, Index index) {
  if (dtype == Dtype::f32) {
    float value = 0;
    std::memcpy(&value, bytes + index * 4, sizeof value);
    return value;
  }
  if (dtype == Dtype::f64) {
    double value = 0;
    std::memcpy(&value, bytes + index * 8, sizeof value);
    return static_cast<float>(value);
  }
  if (!is_weight_dtype(dtype)) return std::nullopt;
  std::uint16_t half = 0;
  std::memcpy(&half, bytes + index * 2, sizeof half);
  if (dtype == Dtype::bf16) return std::bit_cast<float>(std::uint32_t{half} << 16U);
  const int exponent = (half >> 10U) & 31U;
  const int fraction = half & 1023U;
  const float sign = (half & 0x8000U) != 0 ? -1.0f : 1.0f;
  if (exponent == 31)
    return sign * (fraction == 0 ? std::numeric_limits<float>::infinity()
                                 : std::numeric_limits<float>::quiet_NaN());
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

/// nullopt where the product has no place in 64 bits.
inline std::optional<Index> product(const std::vector<Index>& sizes, Index first) {
  for (const Index size : sizes)
    if (__builtin_mul_overflow(first, size, &first)) return std::nullopt;
  return first;
}

/// Reads one row and compares it with the bytes of the file. Whether it is a row of numbers.
inline bool check_row(const WeightFile& file, const TensorInfo& tensor, Index row) {
  const Index width = dtype_bytes(tensor.dtype);
  const bool plain = tensor.strides.empty();
  const Index row_step = plain ? tensor.cols() : tensor.strides.front();
  const Index col_step = plain ? 1 : tensor.strides.back();
  const std::byte* const begin = file.file().bytes().data() + tensor.begin;
  const auto value = [&](Index col) {
    return element(begin + (row * row_step + col * col_step) * width, tensor.dtype, 0);
  };
  Matrix out(1, tensor.cols());
  const bool finite = accepts([&] { file.read_f32(tensor, row, out); });
  if (!value(0)) return finite;  // no type that is computed with
  for (Index col = 0; col < tensor.cols(); ++col) {
    const float wanted = *value(col);
    if (!std::isfinite(wanted)) {
      NF_FUZZ_CHECK(!finite, "'{}' [{}, {}] is {}", tensor.name, row, col, wanted);
      return false;
    }
    if (finite)
      NF_FUZZ_CHECK(
          std::bit_cast<std::uint32_t>(out(0, col)) == std::bit_cast<std::uint32_t>(wanted),
          "'{}' [{}, {}] is {}, not {}", tensor.name, row, col, out(0, col), wanted);
  }
  NF_FUZZ_CHECK(finite, "'{}' row {} is finite and was refused", tensor.name, row);
  return true;
}

/// Rows enough to meet every mistake in a pitch, the last one among them.
inline void check_rows(const WeightFile& file, const TensorInfo& tensor) {
  constexpr Index kMostCols = 1 << 14;
  constexpr Index kMostRows = 24;
  file.advise(tensor, MappedFile::Advice::will_need);
  if (tensor.shape.empty() || tensor.shape.size() > 2) {
    Matrix out(1, tensor.shape.empty() ? 1 : std::min(tensor.cols(), kMostCols));
    accepts([&] { file.read_f32(tensor, 0, out); });
    return;
  }
  if (tensor.rows() == 0 || tensor.cols() == 0 || tensor.cols() > kMostCols) return;
  file.advise(tensor, tensor.rows() - 1, 1, MappedFile::Advice::dont_need);
  for (Index row = 0; row < std::min(tensor.rows(), kMostRows); ++row)
    if (!check_row(file, tensor, row)) return;
  check_row(file, tensor, tensor.rows() - 1);
}

/// Rows that are not there are a mistake of the caller's, told as one.
inline void check_row_bounds(const WeightFile& file, const TensorInfo& tensor) {
  if (tensor.cols() > 64 || tensor.shape.empty() || tensor.shape.size() > 2) return;
  Matrix out(1, tensor.cols());
  for (const Index row : {tensor.rows(), Index{-1}}) {
    try {
      file.read_f32(tensor, row, out);
    } catch (const InternalError&) {
      continue;
    } catch (const DataError&) {
      continue;  // the type is not read
    }
    report_finding(fmt::format("'{}' has row {} of {}", tensor.name, row, tensor.rows()));
  }
}

/// The elements of every tensor lie in the file, and read_f32 gives them back.
inline void check_weights(const WeightFile& file) {
  for (const TensorInfo& tensor : file.tensors()) {
    NF_FUZZ_CHECK(file.find(tensor.name) == &tensor, "'{}' is not found", tensor.name);
    NF_FUZZ_CHECK(tensor.begin >= 0 && tensor.bytes >= 0 && tensor.begin <= file.file().size() &&
                      tensor.bytes <= file.file().size() - tensor.begin,
                  "'{}': [{}, +{}) of {} bytes", tensor.name, tensor.begin, tensor.bytes,
                  file.file().size());
    const Index width = dtype_bytes(tensor.dtype);
    Index last = 0;  // the element furthest behind
    bool empty = false;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      empty = empty || tensor.shape[i] == 0;
      if (!tensor.strides.empty()) last += (tensor.shape[i] - 1) * tensor.strides[i];
    }
    if (tensor.strides.empty()) last = product(tensor.shape, 1).value_or(INT64_MAX / 16) - 1;
    NF_FUZZ_CHECK(empty || (last + 1) * width <= tensor.bytes,
                  "'{}' {}: element {} lies beyond {} bytes", tensor.name, tensor.shape_text(),
                  last, tensor.bytes);
    check_rows(file, tensor);
    check_row_bounds(file, tensor);
  }
}

}  // namespace nf
