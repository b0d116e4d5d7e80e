#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/checkpoint/dtype.h"

namespace nf {

/// A tensor to be written; `values` has the product of `shape` and is rounded to `dtype` (f32, f16,
/// bf16, f64, or whole values as i64, u8, boolean).
struct TestTensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape;
  std::vector<float> values;
};

/// Nearest half or bfloat16, ties to even, as bits. NaN stays NaN, too large becomes infinity.
std::uint16_t to_f16_bits(float value);
std::uint16_t to_bf16_bits(float value);

/// One safetensors file as the reference library writes it (header padded with spaces to 8 bytes),
/// the tensors in the order given.
void write_safetensors(const std::filesystem::path& path, const std::vector<TestTensor>& tensors);

/// `shard_count` files model-0000i-of-0000n.safetensors of neighbouring tensors, and their index.
void write_sharded(const std::filesystem::path& dir, const std::vector<TestTensor>& tensors,
                   int shard_count);

}  // namespace nf
