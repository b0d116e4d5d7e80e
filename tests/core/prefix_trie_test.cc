#include "core/text/prefix_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace nf {
namespace {

using Found = std::vector<std::pair<Index, std::int32_t>>;

Found find(const PrefixTrie& trie, std::string_view text) {
  Found found;
  trie.for_each_prefix(
      text, [&found](Index length, std::int32_t number) { found.emplace_back(length, number); });
  return found;
}

TEST(PrefixTrie, FindsAllPrefixesTheShortestFirst) {
  const PrefixTrie trie({{"abc", 1}, {"a", 2}, {"b", 3}, {"abcd", 4}, {"\xff", 5}});
  EXPECT_EQ(find(trie, "abcx"), (Found{{1, 2}, {3, 1}}));
  EXPECT_EQ(find(trie, "ab"), (Found{{1, 2}}));
  EXPECT_EQ(find(trie, "\xff"), (Found{{1, 5}}));
  EXPECT_EQ(find(trie, "xa"), Found{});
  EXPECT_EQ(find(trie, ""), Found{});
}

TEST(PrefixTrie, OfEqualEntriesTheLastCounts) {
  EXPECT_EQ(find(PrefixTrie({{"a", 9}, {"b", 1}, {"a", 2}}), "a"), (Found{{1, 2}}));
}

TEST(PrefixTrie, AnEmptyEntryIsNeverFound) {
  EXPECT_EQ(find(PrefixTrie({{"", 9}, {"a", 1}}), "a"), (Found{{1, 1}}));
  EXPECT_EQ(find(PrefixTrie(), "a"), Found{});
}

TEST(PrefixTrie, EqualsASearchThroughAllEntries) {
  std::mt19937 random(1);
  const auto draw = [&random](std::size_t longest) {
    std::string text;
    for (std::size_t n = random() % (longest + 1); n > 0; --n)
      text += static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int round = 0; round < 50; ++round) {
    std::map<std::string, std::int32_t> entries;
    for (std::int32_t i = 0; i < 60; ++i) entries[draw(6)] = i;
    entries.erase("");
    const PrefixTrie trie({entries.begin(), entries.end()});
    for (int i = 0; i < 50; ++i) {
      const std::string text = draw(12);
      Found expected;
      for (std::size_t length = 1; length <= text.size(); ++length) {
        const auto entry = entries.find(text.substr(0, length));
        if (entry != entries.end())
          expected.emplace_back(static_cast<Index>(length), entry->second);
      }
      ASSERT_EQ(find(trie, text), expected) << text;
    }
  }
}

}  // namespace
}  // namespace nf
