#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/base/types.h"
#include "core/io/atomic_file.h"

namespace nf {

/// Integers of a NumPy .npy file, the last dimension fastest.
struct NpyInts {
  std::vector<Index> shape;  ///< one or two sizes
  std::vector<std::int32_t> values;
};

/// Reads int32 or int64 (little-endian, C order, 1-D or 2-D), .npy versions 1 and 2. DataError
/// naming the file and the cause: another dtype, order or rank, a value outside int32, missing or
/// left-over bytes. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
NpyInts read_npy_ints(const std::filesystem::path& path);

/// Writes a float32 .npy file of any shape piece by piece. The file appears when `close` returns,
/// complete; without `close` nothing appears.
class NpyF32Writer {
 public:
  NpyF32Writer(const std::filesystem::path& path, const std::vector<Index>& shape);
  /// The next values in C order. DataError when the disk refuses them.
  void append(std::span<const float> values);
  /// InternalError unless exactly the values of the shape came.
  void close();

 private:
  AtomicFile file_;
  Index missing_;  ///< values still to come
};

}  // namespace nf
