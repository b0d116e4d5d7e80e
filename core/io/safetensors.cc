#include "core/io/safetensors.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/io/convert.h"
#include "core/io/read_json.h"
#include "core/io/safetensors_header.h"

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
    default:
      return nullptr;
  }
}

[[noreturn]] void fail(const MappedFile& file, const TensorInfo& tensor, const std::string& cause) {
  throw DataError(
      fmt::format("{}: tensor '{}': {}", file.path().string(), printable(tensor.name), cause));
}

}  // namespace

std::string TensorInfo::shape_text() const { return fmt::format("[{}]", fmt::join(shape, ", ")); }

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(path), tensors_(parse_safetensors_header(file_)) {}

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(tensors_.begin(), tensors_.end(), name,
                       [](const TensorInfo& t, std::string_view key) { return t.name < key; });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

void SafetensorsFile::read_f32(const TensorInfo& tensor, Index begin_row, MatrixView out) const {
  const ConvertFunction convert = converter(tensor.dtype);
  if (convert == nullptr)
    fail(file_, tensor,
         fmt::format("dtype {} cannot be read as numbers, only F32, F16 and BF16",
                     dtype_name(tensor.dtype)));
  if (tensor.shape.size() != 1 && tensor.shape.size() != 2)
    fail(file_, tensor,
         fmt::format("shape {} has {} dimensions, expected 1 or 2", printable(tensor.shape_text()),
                     tensor.shape.size()));
  NF_CHECK(out.cols() == tensor.cols(), "tensor '{}' {} into {} columns", tensor.name,
           tensor.shape_text(), out.cols());
  NF_CHECK(begin_row >= 0 && begin_row <= tensor.rows() - out.rows(),
           "rows [{}, +{}) of tensor '{}' {}", begin_row, out.rows(), tensor.name,
           tensor.shape_text());
  const Index row_bytes = tensor.cols() * dtype_bytes(tensor.dtype);
  const std::byte* source = file_.bytes().data() + tensor.begin + begin_row * row_bytes;
  for (Index r = 0; r < out.rows(); ++r, source += row_bytes) {
    float* const row = out.row(r);
    if (convert(source, out.cols(), row)) [[likely]]
      continue;
    const float* const bad =
        std::find_if_not(row, row + out.cols(), [](float v) { return std::isfinite(v); });
    const Index col = bad - row;
    fail(file_, tensor,
         fmt::format("{} at {}", std::isnan(*bad) ? "NaN" : "infinity",
                     tensor.shape.size() == 1 ? fmt::format("[{}]", col)
                                              : fmt::format("[{}, {}]", begin_row + r, col)));
  }
}

}  // namespace nf
