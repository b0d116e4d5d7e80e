#include "core/text/pre_tokenizer.h"

#include <gtest/gtest.h>

#include "tests/support/pieces_support.h"

namespace nf {
namespace {

// Expected words were seen from Hugging Face tokenizers 0.23.2.
TEST(PreTokenizer, WhitespaceParts) {
  const SortedJson json = {{"type", "Whitespace"}};
  EXPECT_EQ(pre_tokenize(json, "Hey man!? a_1  +b"), (Words{"Hey", "man", "!?", "a_1", "+", "b"}));
  EXPECT_EQ(pre_tokenize(json, "e\u0301\u200dx\u3000\u00bd\u2164"),
            (Words{"e\u0301\u200dx", "\u00bd", "\u2164"}))
      << "marks, joiners and Roman numerals are of words, a fraction is not";
  EXPECT_EQ(pre_tokenize(json, " \t\n"), Words{});
}

TEST(PreTokenizer, BertCutsAtSpaceAndPunctuation) {
  const SortedJson json = {{"type", "BertPreTokenizer"}};
  EXPECT_EQ(pre_tokenize(json, "Hey  friend!?\tit's $1"),
            (Words{"Hey", "friend", "!", "?", "it", "'", "s", "$", "1"}));
}

TEST(PreTokenizer, FalconsSequence) {
  const SortedJson json = {{"type", "Sequence"},
                           {"pretokenizers",
                            {{{"type", "Punctuation"}, {"behavior", "Contiguous"}},
                             {{"type", "Digits"}, {"individual_digits", false}},
                             {{"type", "Split"},
                              {"pattern", {{"Regex", "[0-9][0-9][0-9]"}}},
                              {"behavior", "Isolated"},
                              {"invert", false}}}}};
  EXPECT_EQ(pre_tokenize(json, "hi 1234567..ab"), (Words{"hi ", "123", "456", "7", "..", "ab"}));
}

}  // namespace
}  // namespace nf
