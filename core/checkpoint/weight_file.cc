#include "core/checkpoint/weight_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/base/printable.h"
#include "core/checkpoint/convert.h"

namespace nf {
namespace {

using ConvertFunction = bool (*)(const void*, Index, float*);

/// nullptr for the types the project does not compute with.
ConvertFunction converter(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return convert_kernels().f32;
    case Dtype::f16:
      return convert_kernels().f16;
    case Dtype::bf16:
      return convert_kernels().bf16;
    case Dtype::f64:
      return convert_kernels().f64;
    default:
      return nullptr;
  }
}

/// Distance in bytes of neighbouring rows, and of neighbours in a row.
struct Pitch {
  Index row;
  Index col;
};

Pitch pitch_of(const TensorInfo& tensor) {
  const Index element = dtype_bytes(tensor.dtype);
  if (tensor.strides.empty()) return {tensor.cols() * element, element};
  return {tensor.strides.front() * element, tensor.strides.back() * element};
}

/// The elements of one row, `pitch` bytes apart, side by side.
void gather(const std::byte* source, Index count, Index pitch, Index element, std::byte* out) {
  for (Index i = 0; i < count; ++i)
    std::memcpy(out + i * element, source + i * pitch, static_cast<std::size_t>(element));
}

void check_rows(const TensorInfo& tensor, Index begin_row, Index row_count) {
  NF_CHECK(begin_row >= 0 && row_count >= 0 && begin_row <= tensor.rows() - row_count,
           "rows [{}, +{}) of tensor '{}' {}", begin_row, row_count, tensor.name,
           tensor.shape_text());
}

/// The value at `source` that is no finite f32.
std::string describe_bad(Dtype dtype, float converted, const std::byte* source) {
  if (std::isnan(converted)) return "NaN";
  double stored = 0.0;
  if (dtype == Dtype::f64) std::memcpy(&stored, source, sizeof stored);
  const bool beyond = dtype == Dtype::f64 && std::isfinite(stored);
  return beyond ? fmt::format("{} is beyond float32,", stored) : "infinity";
}

[[noreturn]] void fail(const MappedFile& file, const TensorInfo& tensor, const std::string& cause) {
  throw DataError(
      fmt::format("{}: tensor '{}': {}", file.path().string(), printable(tensor.name), cause));
}

}  // namespace

std::string TensorInfo::shape_text() const { return fmt::format("[{}]", fmt::join(shape, ", ")); }

WeightFile::WeightFile(MappedFile file, std::vector<TensorInfo> tensors)
    : file_(std::move(file)), tensors_(std::move(tensors)) {}

const TensorInfo* WeightFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(tensors_.begin(), tensors_.end(), name,
                       [](const TensorInfo& t, std::string_view key) { return t.name < key; });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

void WeightFile::read_f32(const TensorInfo& tensor, Index begin_row, MatrixView out) const {
  const ConvertFunction convert = converter(tensor.dtype);
  if (convert == nullptr)
    fail(file_, tensor,
         fmt::format("dtype {} cannot be read as numbers, only F32, F16, BF16 and F64",
                     dtype_name(tensor.dtype)));
  if (tensor.shape.size() != 1 && tensor.shape.size() != 2)
    fail(file_, tensor,
         fmt::format("shape {} has {} dimensions, expected 1 or 2", printable(tensor.shape_text()),
                     tensor.shape.size()));
  NF_CHECK(out.cols() == tensor.cols(), "tensor '{}' {} into {} columns", tensor.name,
           tensor.shape_text(), out.cols());
  check_rows(tensor, begin_row, out.rows());
  const Index element = dtype_bytes(tensor.dtype);
  const Pitch pitch = pitch_of(tensor);
  const bool scattered = pitch.col != element;
  std::vector<std::byte> side_by_side(scattered ? static_cast<std::size_t>(out.cols() * element)
                                                : std::size_t{0});
  const std::byte* const begin = file_.bytes().data() + tensor.begin;
  for (Index r = 0; r < out.rows(); ++r) {
    const std::byte* source = begin + (begin_row + r) * pitch.row;
    if (scattered) {
      gather(source, out.cols(), pitch.col, element, side_by_side.data());
      source = side_by_side.data();
    }
    float* const row = out.row(r);
    if (convert(source, out.cols(), row)) [[likely]]
      continue;
    const float* const bad =
        std::find_if_not(row, row + out.cols(), [](float v) { return std::isfinite(v); });
    const Index col = bad - row;
    fail(file_, tensor,
         fmt::format("{} at {}", describe_bad(tensor.dtype, *bad, source + col * element),
                     tensor.shape.size() == 1 ? fmt::format("[{}]", col)
                                              : fmt::format("[{}, {}]", begin_row + r, col)));
  }
}

std::span<const std::byte> WeightFile::row_bytes(const TensorInfo& tensor, Index begin_row,
                                                 Index row_count) const {
  check_rows(tensor, begin_row, row_count);
  if (!tensor.strides.empty()) return {};
  const Index row = tensor.cols() * dtype_bytes(tensor.dtype);
  return file_.bytes().subspan(static_cast<std::size_t>(tensor.begin + begin_row * row),
                               static_cast<std::size_t>(row_count * row));
}

void WeightFile::advise(const TensorInfo& tensor, MappedFile::Advice advice) const {
  file_.advise(tensor.begin, tensor.bytes, advice);
}

void WeightFile::advise(const TensorInfo& tensor, Index begin_row, Index row_count,
                        MappedFile::Advice advice) const {
  NF_CHECK(tensor.shape.size() <= 2, "rows of tensor '{}' {}", tensor.name, tensor.shape_text());
  check_rows(tensor, begin_row, row_count);
  if (row_count == 0 || tensor.cols() == 0) return;
  const Pitch pitch = pitch_of(tensor);
  file_.advise(
      tensor.begin + begin_row * pitch.row,
      (row_count - 1) * pitch.row + (tensor.cols() - 1) * pitch.col + dtype_bytes(tensor.dtype),
      advice);
}

}  // namespace nf
