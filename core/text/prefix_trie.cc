#include "core/text/prefix_trie.h"

#include <algorithm>

namespace nf {

PrefixTrie::PrefixTrie(std::vector<std::pair<std::string_view, std::int32_t>> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  // Breadth first. The entries [begin, end) are those that begin with the bytes which lead to a
  // node.
  struct Stretch {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t depth = 0;
  };
  std::vector<Stretch> stretches = {{0, entries.size(), 0}};
  nodes_.emplace_back();
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    Stretch stretch = stretches[node];
    // The shortest, which end here, come first.
    while (stretch.begin < stretch.end && entries[stretch.begin].first.size() == stretch.depth) {
      if (stretch.depth > 0) nodes_[node].number = entries[stretch.begin].second;
      ++stretch.begin;
    }
    nodes_[node].first_child = static_cast<std::int32_t>(nodes_.size());
    while (stretch.begin < stretch.end) {
      const char byte = entries[stretch.begin].first[stretch.depth];
      std::size_t end = stretch.begin + 1;
      while (end < stretch.end && entries[end].first[stretch.depth] == byte) ++end;
      nodes_.push_back({0, -1, 0, static_cast<unsigned char>(byte)});
      stretches.push_back({stretch.begin, end, stretch.depth + 1});
      ++nodes_[node].child_count;
      stretch.begin = end;
    }
  }
  nodes_.shrink_to_fit();
}

std::int32_t PrefixTrie::child(std::int32_t node, unsigned char byte) const {
  const Node& parent = nodes_[static_cast<std::size_t>(node)];
  const auto begin = nodes_.begin() + parent.first_child;
  const auto end = begin + parent.child_count;
  const auto found = std::lower_bound(
      begin, end, byte, [](const Node& candidate, unsigned char b) { return candidate.byte < b; });
  if (found == end || found->byte != byte) return 0;
  return static_cast<std::int32_t>(found - nodes_.begin());
}

}  // namespace nf
