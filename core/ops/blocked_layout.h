#pragma once

/// Blocked layouts as data: they say where each element of a matrix lies. No library is known here:
/// gemm_onednn.cc describes the layout that oneDNN chose.

#include <array>
#include <optional>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A blocked layout as oneDNN's memory descriptors put it: dimension d is cut into blocks, whole
/// blocks lie `strides[d]` floats apart, and inside the blocks the elements lie in the order of
/// `inner`, e.g. {{0, 16}, {1, 64}} for sixteen runs of 64 along dimension 1 ("16a64b").
struct BlockedDescription {
  struct Inner {
    int dimension = 0;
    Index size = 1;
  };
  std::array<Index, 2> sizes{};
  std::array<Index, 2> padded{};  ///< sizes rounded up to whole blocks
  std::array<Index, 2> strides{};
  std::vector<Inner> inner;  ///< the last varies fastest
  Index floats = 0;          ///< of the whole, padding included
};

/// The same layout of words that hold `elements` neighbours along dimension 0 each, as products of
/// short numbers read a weight. nullopt where these do not lie side by side.
std::optional<BlockedDescription> in_words(BlockedDescription description, Index elements);

/// One dimension: an index is written in mixed digits, each with a stride of its own, and lies at
/// the sum of digit · stride.
class BlockedDimension {
 public:
  struct Digit {
    Index divisor = 1, count = 1, stride = 1;  ///< the digit is index / divisor % count
  };
  BlockedDimension() = default;
  /// Digits come with growing divisors; neighbours that make up one even stride become one.
  BlockedDimension(Index size, Index padded, const std::vector<Digit>& digits);

  Index size() const { return size_; }
  Index padded() const { return padded_; }
  Index offset(Index i) const;
  /// Indexes of [n · run, (n + 1) · run) lie `step` floats apart.
  Index run() const { return digits_.empty() ? 1 : digits_.front().count; }
  Index step() const { return digits_.empty() ? 1 : digits_.front().stride; }
  const std::vector<Digit>& digits() const { return digits_; }

 private:
  Index size_ = 0, padded_ = 0;
  std::vector<Digit> digits_;
};

/// Element (i, j) lies at dimensions[0].offset(i) + dimensions[1].offset(j): no two share a place,
/// and with the padding they fill the memory.
struct BlockedLayout {
  std::array<BlockedDimension, 2> dimensions;

  /// nullopt for a description that is no such layout.
  static std::optional<BlockedLayout> from(const BlockedDescription& description);
};

}  // namespace nf
