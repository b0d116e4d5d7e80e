#include "core/text/metaspace.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/pieces_support.h"

namespace nf {
namespace {

// Expected pieces were seen from Hugging Face tokenizers 0.23.2.
SortedJson metaspace(const std::string& scheme, bool split) {
  return {{"type", "Metaspace"},
          {"replacement", "\u2581"},
          {"prepend_scheme", scheme},
          {"split", split}};
}

TEST(Metaspace, MarksSpacesAndBeginsAPieceAtEachMark) {
  EXPECT_EQ(pre_tokenize(metaspace("always", true), "Hey  my friend"),
            (Words{"▁Hey", "▁", "▁my", "▁friend"}));
  EXPECT_EQ(pre_tokenize(metaspace("never", true), "a▁b "), (Words{"a", "▁b", "▁"}))
      << "a mark that stands in the text counts as one";
  EXPECT_EQ(pre_tokenize(metaspace("never", true), "a\tb\u00a0c"), Words{"a\tb\u00a0c"})
      << "other white space does not";
}

TEST(Metaspace, WithoutSplitKeepsThePieceWhole) {
  EXPECT_EQ(pre_tokenize(metaspace("always", false), "Hey my friend"), Words{"▁Hey▁my▁friend"});
}

TEST(Metaspace, PutsNoMarkWhereThereIsOne) {
  EXPECT_EQ(pre_tokenize(metaspace("always", false), " a"), Words{"▁a"});
  EXPECT_EQ(pre_tokenize(metaspace("always", false), "▁a"), Words{"▁a"});
}

TEST(Metaspace, DefaultsToAlwaysAndSplit) {
  EXPECT_EQ(pre_tokenize({{"type", "Metaspace"}, {"replacement", "_"}}, "a b"),
            (Words{"_a", "_b"}));
  EXPECT_EQ(pre_tokenize({{"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", true}},
                         "a b"),
            (Words{"_a", "_b"}));
}

TEST(Metaspace, FirstMarksOnlyTheBeginningOfTheText) {
  const SortedJson first = metaspace("first", true);
  const SortedJson always = metaspace("always", true);
  const auto apply = [](const SortedJson& json, Pieces pieces) {
    Metaspace(JsonPlace("F", json)).apply(pieces);
    Words words;
    for (const Span& span : pieces.spans) words.emplace_back(pieces.view(span));
    return words;
  };
  const Pieces text_first{"aXb", {{0, 1, Span::kNoId}, {1, 2, 7}, {2, 3, Span::kNoId}}};
  EXPECT_EQ(apply(first, text_first), (Words{"▁a", "X", "b"}));
  EXPECT_EQ(apply(always, text_first), (Words{"▁a", "X", "▁b"}));
  const Pieces token_first{"Xb", {{0, 1, 7}, {1, 2, Span::kNoId}}};
  EXPECT_EQ(apply(first, token_first), (Words{"X", "b"}));
  const Pieces cut_before{" b", {{1, 2, Span::kNoId}}};
  EXPECT_EQ(apply(first, cut_before), (Words{"b"}));
}

TEST(Metaspace, KeepsWhatTheTextStandsFor) {
  Pieces pieces{"a b", {{0, 3, Span::kNoId}}};
  const SortedJson json = metaspace("always", false);
  Metaspace(JsonPlace("F", json)).apply(pieces);
  ASSERT_EQ(pieces.text, "▁a▁b");
  EXPECT_EQ(pieces.source_length(0, 3), 0) << "the mark that was put there";
  EXPECT_EQ(pieces.source_length(4, 7), 1) << "the mark in the place of a space";
  EXPECT_EQ(pieces.source_length(0, 8), 3);
}

TEST(Metaspace, RefusesWhatItDoesNotKnow) {
  struct Case {
    SortedJson json;
    const char* message;
  };
  const Case cases[] = {
      {{{"replacement", "ab"}}, "F: replacement: must be one character"},
      {{{"replacement", ""}}, "F: replacement: must be one character"},
      {{{"replacement", "_"}, {"prepend_scheme", "frist"}},
       "F: prepend_scheme: unknown scheme 'frist'; did you mean 'first'?"},
      {{{"replacement", "_"}, {"add_prefix_space", false}},
       "F: add_prefix_space: false contradicts prepend_scheme, which is not \"never\""},
  };
  for (const Case& c : cases) {
    try {
      const Metaspace refused(JsonPlace("F", c.json));
      FAIL() << c.message;
    } catch (const DataError& error) {
      EXPECT_STREQ(error.what(), c.message);
    }
  }
}

}  // namespace
}  // namespace nf
