#include "core/ops/blocked_layout.h"

#include <algorithm>

namespace nf {
namespace {

/// Together the digits count through all floats, as those of a number with mixed bases do.
bool fills_exactly(std::vector<BlockedDimension::Digit> digits, Index floats) {
  std::sort(digits.begin(), digits.end(),
            [](const auto& a, const auto& b) { return a.stride < b.stride; });
  Index below = 1;
  for (const BlockedDimension::Digit& digit : digits) {
    if (digit.stride != below) return false;
    below *= digit.count;
  }
  return below == floats;
}

}  // namespace

std::optional<BlockedDescription> in_words(BlockedDescription d, Index elements) {
  if (elements == 1) return d;
  const bool side_by_side =
      !d.inner.empty() && d.inner.back().dimension == 0 && d.inner.back().size % elements == 0;
  const bool whole = d.padded[0] % elements == 0 && d.floats % elements == 0 &&
                     d.strides[0] % elements == 0 && d.strides[1] % elements == 0;
  if (!side_by_side || !whole) return std::nullopt;
  d.inner.back().size /= elements;
  d.sizes[0] = (d.sizes[0] + elements - 1) / elements;
  d.padded[0] /= elements;
  for (Index& stride : d.strides) stride /= elements;
  d.floats /= elements;
  return d;
}

BlockedDimension::BlockedDimension(Index size, Index padded, const std::vector<Digit>& digits)
    : size_(size), padded_(padded) {
  for (const Digit& digit : digits) {
    if (digit.count == 1) continue;
    if (!digits_.empty() && digits_.back().stride * digits_.back().count == digit.stride)
      digits_.back().count *= digit.count;
    else
      digits_.push_back(digit);
  }
}

Index BlockedDimension::offset(Index i) const {
  Index sum = 0;
  for (const Digit& digit : digits_) sum += i / digit.divisor % digit.count * digit.stride;
  return sum;
}

std::optional<BlockedLayout> BlockedLayout::from(const BlockedDescription& description) {
  std::array<std::vector<BlockedDimension::Digit>, 2> digits;
  std::array<Index, 2> block{1, 1};
  Index inside = 1;
  for (std::size_t i = description.inner.size(); i-- > 0;) {  // innermost first
    const auto& inner = description.inner[i];
    if (inner.dimension < 0 || inner.dimension > 1 || inner.size < 1) return std::nullopt;
    const auto d = static_cast<std::size_t>(inner.dimension);
    digits[d].push_back({block[d], inner.size, inside});
    block[d] *= inner.size;
    inside *= inner.size;
  }
  BlockedLayout layout;
  std::vector<BlockedDimension::Digit> all;
  for (std::size_t d = 0; d < 2; ++d) {
    const Index size = description.sizes[d], padded = description.padded[d];
    if (size < 1 || padded < size || padded % block[d] != 0) return std::nullopt;
    digits[d].push_back({block[d], padded / block[d], description.strides[d]});
    layout.dimensions[d] = BlockedDimension(size, padded, digits[d]);
    const auto& own = layout.dimensions[d].digits();
    all.insert(all.end(), own.begin(), own.end());
  }
  if (!fills_exactly(std::move(all), description.floats)) return std::nullopt;
  return layout;
}

}  // namespace nf
