#include "eval/results/figure_blocks.h"

#include <algorithm>

#include "core/base/check.h"

namespace nf {
namespace {

bool is_before(const FigureBlocks::value_type& block, const FigureBlocks::key_type& name) {
  return block.first < name;
}

}  // namespace

BlockSum& FigureBlocks::operator[](const key_type& name) {
  if (blocks_.empty() || blocks_.back().first < name)
    return blocks_.emplace_back(name, BlockSum()).second;
  if (blocks_.back().first == name) return blocks_.back().second;
  const auto place = std::lower_bound(blocks_.begin(), blocks_.end(), name, is_before);
  if (place->first == name) return place->second;
  return blocks_.insert(place, {name, BlockSum()})->second;
}

FigureBlocks::const_iterator FigureBlocks::find(const key_type& name) const {
  const auto place = std::lower_bound(blocks_.begin(), blocks_.end(), name, is_before);
  return place != blocks_.end() && place->first == name ? place : blocks_.end();
}

const BlockSum& FigureBlocks::at(const key_type& name) const {
  const auto found = find(name);
  NF_CHECK(found != end(), "no block {}, {}", name.first, name.second);
  return found->second;
}

bool have_same_names(const FigureBlocks& a, const FigureBlocks& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

}  // namespace nf
