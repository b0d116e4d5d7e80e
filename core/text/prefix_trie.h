#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// Strings with a number each, for finding all of them that a text begins with. Immutable and
/// thread-safe.
class PrefixTrie {
 public:
  /// The last of equal strings counts; an empty one is never found. Numbers must not be negative.
  explicit PrefixTrie(std::vector<std::pair<std::string_view, std::int32_t>> entries);
  PrefixTrie() : PrefixTrie(std::vector<std::pair<std::string_view, std::int32_t>>()) {}

  /// Calls found(length in bytes, number) for every entry that `text` begins with, the shortest
  /// first.
  template <class Found>
  void for_each_prefix(std::string_view text, const Found& found) const {
    std::int32_t node = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      node = child(node, static_cast<unsigned char>(text[i]));
      if (node == 0) return;
      const std::int32_t number = nodes_[static_cast<std::size_t>(node)].number;
      if (number >= 0) found(static_cast<Index>(i) + 1, number);
    }
  }

 private:
  /// The children of a node lie side by side, by their byte.
  struct Node {
    std::int32_t first_child = 0;
    std::int32_t number = -1;  ///< -1: no entry ends here
    std::uint16_t child_count = 0;
    unsigned char byte = 0;  ///< that leads here
  };

  /// 0, which is the root, when there is none.
  std::int32_t child(std::int32_t node, unsigned char byte) const;

  std::vector<Node> nodes_;
};

}  // namespace nf
