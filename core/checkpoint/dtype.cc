#include "core/checkpoint/dtype.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace nf {
namespace {

struct Row {
  Dtype dtype;
  std::string_view name;
  Index bytes;
};

/// The types of the safetensors format that fill whole bytes.
constexpr std::array<Row, 17> kTable{{
    {Dtype::boolean, "BOOL", 1},
    {Dtype::u8, "U8", 1},
    {Dtype::i8, "I8", 1},
    {Dtype::f8_e5m2, "F8_E5M2", 1},
    {Dtype::f8_e4m3, "F8_E4M3", 1},
    {Dtype::f8_e8m0, "F8_E8M0", 1},
    {Dtype::i16, "I16", 2},
    {Dtype::u16, "U16", 2},
    {Dtype::f16, "F16", 2},
    {Dtype::bf16, "BF16", 2},
    {Dtype::i32, "I32", 4},
    {Dtype::u32, "U32", 4},
    {Dtype::f32, "F32", 4},
    {Dtype::i64, "I64", 8},
    {Dtype::u64, "U64", 8},
    {Dtype::f64, "F64", 8},
    {Dtype::c64, "C64", 8},
}};

const Row& row_of(Dtype dtype) {
  const auto row = std::find_if(kTable.begin(), kTable.end(),
                                [dtype](const Row& r) { return r.dtype == dtype; });
  NF_CHECK(row != kTable.end(), "dtype {}", static_cast<int>(dtype));
  return *row;
}

}  // namespace

std::string_view dtype_name(Dtype dtype) { return row_of(dtype).name; }

std::optional<Dtype> dtype_from_name(std::string_view name) {
  for (const Row& row : kTable)
    if (row.name == name) return row.dtype;
  return std::nullopt;
}

std::vector<std::string> dtype_names() {
  std::vector<std::string> names;
  names.reserve(kTable.size());
  for (const Row& row : kTable) names.emplace_back(row.name);
  return names;
}

bool is_weight_dtype(Dtype dtype) {
  return dtype == Dtype::f32 || dtype == Dtype::f16 || dtype == Dtype::bf16 || dtype == Dtype::f64;
}

Index dtype_bytes(Dtype dtype) { return row_of(dtype).bytes; }

}  // namespace nf
