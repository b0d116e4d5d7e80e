#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// Element types a weight file may hold. The project computes with f32, f16, bf16 and, narrowed to
/// f32, f64; the others are recognised, so that a file which also holds masks or counters can be
/// checked and opened.
enum class Dtype {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  i64,
  u64,
  f64,
  c64,
};

/// The name in a safetensors file and in messages: "F32", "BF16", ...
std::string_view dtype_name(Dtype dtype);
/// nullopt for an unknown name.
std::optional<Dtype> dtype_from_name(std::string_view name);
/// Every name, for "did you mean".
std::vector<std::string> dtype_names();
/// Whether weights may be of that type.
bool is_weight_dtype(Dtype dtype);
/// Bytes of one element.
Index dtype_bytes(Dtype dtype);

}  // namespace nf
