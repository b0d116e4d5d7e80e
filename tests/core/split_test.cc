#include "core/text/split.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/pieces_support.h"

namespace nf {
namespace {

Words split(const std::string& pattern, const std::string& behavior, bool invert,
            const std::string& text) {
  return pre_tokenize({{"type", "Split"},
                       {"pattern", {{"Regex", pattern}}},
                       {"behavior", behavior},
                       {"invert", invert}},
                      text);
}

TEST(Split, BehavesAsItsDocumentationSays) {
  const std::string text = "the-final--countdown";
  EXPECT_EQ(split("-", "Removed", false, text), (Words{"the", "final", "countdown"}));
  EXPECT_EQ(split("-", "Isolated", false, text),
            (Words{"the", "-", "final", "-", "-", "countdown"}));
  EXPECT_EQ(split("-", "MergedWithPrevious", false, text),
            (Words{"the-", "final-", "-", "countdown"}));
  EXPECT_EQ(split("-", "MergedWithNext", false, text), (Words{"the", "-final", "-", "-countdown"}));
  EXPECT_EQ(split("-", "Contiguous", false, text), (Words{"the", "-", "final", "--", "countdown"}));
}

TEST(Split, DelimitersAtTheEndsStandAlone) {
  EXPECT_EQ(split("-", "MergedWithPrevious", false, "-a-"), (Words{"-", "a-"}));
  EXPECT_EQ(split("-", "MergedWithNext", false, "-a-"), (Words{"-a", "-"}));
  EXPECT_EQ(split("-", "Contiguous", false, "--"), Words{"--"});
  EXPECT_EQ(split("-", "Removed", false, "--"), Words{});
}

// Expected values from the tests of Hugging Face tokenizers (pre_tokenizers/split.rs).
TEST(Split, InvertMakesTheRestTheDelimiter) {
  const std::string text = "How are you doing?";
  const std::string pattern = "\\w+|[^\\w\\s]+";
  EXPECT_EQ(split(pattern, "Removed", true, text), (Words{"How", "are", "you", "doing", "?"}));
  EXPECT_EQ(split(pattern, "Isolated", true, text),
            (Words{"How", " ", "are", " ", "you", " ", "doing", "?"}));
  EXPECT_EQ(split(pattern, "MergedWithPrevious", true, text),
            (Words{"How ", "are ", "you ", "doing", "?"}));
  EXPECT_EQ(split(pattern, "MergedWithNext", true, text),
            (Words{"How", " are", " you", " doing", "?"}));
  EXPECT_EQ(split(pattern, "Contiguous", true, text),
            (Words{"How", " ", "are", " ", "you", " ", "doing?"}));
}

TEST(Split, EmptyMatchesCutWithoutAPiece) {
  EXPECT_EQ(split("(?=b)", "Isolated", false, "abab"), (Words{"a", "ba", "b"}));
  EXPECT_EQ(split("x*", "Contiguous", false, "a"), Words{"a"});
}

TEST(Split, TakesAStringLiterally) {
  EXPECT_EQ(pre_tokenize({{"type", "Split"},
                          {"pattern", {{"String", "."}}},
                          {"behavior", "Isolated"},
                          {"invert", false}},
                         "a.b"),
            (Words{"a", ".", "b"}));
}

TEST(Split, LeavesAddedTokensAlone) {
  Pieces pieces{"a-b-c", {{0, 3, 7}, {3, 5, Span::kNoId}}};
  Split(Regex("-", "F"), SplitBehavior::isolated, false).apply(pieces);
  ASSERT_EQ(pieces.spans.size(), 3u);
  EXPECT_EQ(pieces.spans[0].id, 7);
  EXPECT_EQ(pieces.view(pieces.spans[0]), "a-b");
  EXPECT_EQ(pieces.view(pieces.spans[1]), "-");
}

TEST(Digits, AreCutFromTheRest) {
  const std::string text = "Hey 123½x٣ \U00011DE0";
  EXPECT_EQ(pre_tokenize({{"type", "Digits"}, {"individual_digits", false}}, text),
            (Words{"Hey ", "123½", "x", "٣", " ", "\U00011DE0"}));
  EXPECT_EQ(pre_tokenize({{"type", "Digits"}, {"individual_digits", true}}, text),
            (Words{"Hey ", "1", "2", "3", "½", "x", "٣", " ", "\U00011DE0"}));
}

TEST(WhitespaceSplit, LeavesTheWords) {
  EXPECT_EQ(pre_tokenize({{"type", "WhitespaceSplit"}}, " a\t\u3000b.\n"), (Words{"a", "b."}));
}

TEST(Sequence, AppliesItsStepsInOrder) {
  const SortedJson digits = {{"type", "Digits"}, {"individual_digits", true}};
  const SortedJson dashes = {{"type", "Split"},
                             {"pattern", {{"String", "-"}}},
                             {"behavior", "Removed"},
                             {"invert", false}};
  EXPECT_EQ(pre_tokenize({{"type", "Sequence"}, {"pretokenizers", {dashes, digits}}}, "a1-23-b"),
            (Words{"a", "1", "2", "3", "b"}));
  EXPECT_EQ(pre_tokenize({{"type", "Sequence"}, {"pretokenizers", SortedJson::array()}}, "a b"),
            Words{"a b"});
}

}  // namespace
}  // namespace nf
