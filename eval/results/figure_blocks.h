#pragma once

#include <utility>
#include <vector>

#include "core/base/types.h"
#include "eval/stats/block_sum.h"

namespace nf {

/// A figure of one row by evaluation block, the blocks in the order of the text (or of the
/// questions). A block's name: its document and -1, or -1 and its window or question.
///
/// A map with its entries side by side: rows are read in the order of the text, so that a new block
/// stands behind all others, and statistics go through the blocks of every figure of every row.
class FigureBlocks {
 public:
  using key_type = std::pair<Index, Index>;
  using value_type = std::pair<key_type, BlockSum>;
  using iterator = std::vector<value_type>::iterator;
  using const_iterator = std::vector<value_type>::const_iterator;

  iterator begin() { return blocks_.begin(); }
  iterator end() { return blocks_.end(); }
  const_iterator begin() const { return blocks_.begin(); }
  const_iterator end() const { return blocks_.end(); }
  bool empty() const { return blocks_.empty(); }
  std::size_t size() const { return blocks_.size(); }
  void reserve(std::size_t count) { blocks_.reserve(count); }

  /// The block of that name, a new one where there was none.
  BlockSum& operator[](const key_type& name);
  /// The end where there is none.
  const_iterator find(const key_type& name) const;
  bool contains(const key_type& name) const { return find(name) != end(); }
  /// NF_CHECK that there is one.
  const BlockSum& at(const key_type& name) const;

 private:
  std::vector<value_type> blocks_;  ///< by name, ascending
};

/// Whether both have blocks of the same names.
bool have_same_names(const FigureBlocks& a, const FigureBlocks& b);

}  // namespace nf
