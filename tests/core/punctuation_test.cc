#include "core/text/punctuation.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/pieces_support.h"

namespace nf {
namespace {

Words punctuation(const SortedJson& behavior, const std::string& text) {
  SortedJson json = {{"type", "Punctuation"}};
  if (!behavior.is_null()) json["behavior"] = behavior;
  return pre_tokenize(json, text);
}

TEST(Punctuation, IsolatesUnlessToldOtherwise) {
  EXPECT_EQ(punctuation(nullptr, "Hey friend!?"), (Words{"Hey friend", "!", "?"}));
  EXPECT_EQ(punctuation("Isolated", "a..b"), (Words{"a", ".", ".", "b"}));
  EXPECT_EQ(punctuation("Contiguous", "a..b"), (Words{"a", "..", "b"}));
  EXPECT_EQ(punctuation("Removed", "a..b"), (Words{"a", "b"}));
  EXPECT_EQ(punctuation("MergedWithPrevious", "a..b"), (Words{"a.", ".", "b"}));
  EXPECT_EQ(punctuation("MergedWithNext", "a..b"), (Words{"a", ".", ".b"}));
}

// As tokenizers 0.23.2 has it, tried on every code point: 726 are punctuation.
TEST(Punctuation, IsThatOfAsciiAndOfUnicode8) {
  int count = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) count += is_punctuation(c) ? 1 : 0;
  EXPECT_EQ(count, 726);
  for (const char32_t c : std::u32string(U"!#$+<=>^`|~\u00bf\u2026\u3001\uff0c\ua8fc"))
    EXPECT_TRUE(is_punctuation(c)) << static_cast<std::uint32_t>(c);
  for (const char32_t c : U"a1 \u00b1\u20ac\u2e43\u061d\u2212")
    EXPECT_FALSE(is_punctuation(c)) << static_cast<std::uint32_t>(c);
}

}  // namespace
}  // namespace nf
