#include "core/text/added_tokens.h"

#include <gtest/gtest.h>

#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

// Expected ids were seen from Hugging Face tokenizers 0.23.2. Ids of the vocabulary: a 0, b 1, c 2,
// space 3, ab 4, X 6, Y 7, Z 8.
Ids encode(const std::vector<SortedJson>& tokens, const std::string& text) {
  SortedJson json = small_tokenizer();
  json["added_tokens"] = tokens;
  return encode_with(json, text);
}

SortedJson with(SortedJson token, const std::string& option) {
  token[option] = true;
  return token;
}

TEST(AddedTokens, AreFoundBeforeTheModelSeesTheText) {
  EXPECT_EQ(encode({added_token(1, "b")}, "ab"), (Ids{0, 1})) << "no merge over it";
}

TEST(AddedTokens, TheLeftmostMatchCountsAndOfThoseTheLongest) {
  EXPECT_EQ(
      encode({added_token(10, "XY"), added_token(11, "XYZ"), added_token(12, "YZ")}, "aXYZYZXYb"),
      (Ids{0, 11, 12, 10, 1}));
}

TEST(AddedTokens, OnesOfTheRawTextComeBeforeNormalizedOnes) {
  EXPECT_EQ(encode({with(added_token(10, "XY"), "normalized"), added_token(11, "YZ")}, "aXYZXYb"),
            (Ids{0, 6, 11, 10, 1}));
}

TEST(AddedTokens, SpecialMakesNoDifference) {
  EXPECT_EQ(encode({with(added_token(10, "<s>"), "special")}, "a<s>b"), (Ids{0, 10, 1}));
}

TEST(AddedTokens, SingleWordMustNotTouchAWordCharacter) {
  const std::vector<SortedJson> tokens = {with(added_token(10, "<m>"), "single_word")};
  EXPECT_EQ(encode(tokens, "<m> <m>"), (Ids{10, 3, 10}));
  EXPECT_EQ(encode(tokens, "a<m>"), (Ids{0}));
  EXPECT_EQ(encode(tokens, "<m>\u0301"), (Ids{})) << "a mark is a word character";
  EXPECT_EQ(encode(tokens, "<m>\u200D"), (Ids{})) << "so is a joiner";
  EXPECT_EQ(encode(tokens, "½<m>-"), (Ids{10})) << "a fraction is none";
  EXPECT_EQ(encode({with(added_token(10, "XYZ"), "single_word"), added_token(11, "YZ")}, "aXYZb"),
            (Ids{0, 6, 7, 8, 1}))
      << "what is inside a match that is turned down is not looked at again";
}

TEST(AddedTokens, StripSwallowsWhiteSpace) {
  const SortedJson left = with(added_token(10, "<l>"), "lstrip");
  const SortedJson right = with(added_token(10, "<r>"), "rstrip");
  EXPECT_EQ(encode({left}, "a \u3000<l> b"), (Ids{0, 10, 3, 1}));
  EXPECT_EQ(encode({right}, "a <r>\t\u2003 b"), (Ids{0, 3, 10, 1}));
  EXPECT_EQ(encode({with(left, "rstrip")}, "<l>  <l>"), (Ids{10, 10}));
}

TEST(AddedTokens, ATokenInsideSwallowedSpaceCountsAllTheSame) {
  EXPECT_EQ(encode({with(added_token(6, "X"), "rstrip"), added_token(10, "  Y")}, "aX  Yb"),
            (Ids{0, 6, 10, 1}));
}

TEST(AddedTokens, SpaceThatWasSwallowedIsNotSwallowedAgain) {
  const SortedJson space = with(with(added_token(3, " "), "lstrip"), "rstrip");
  EXPECT_EQ(encode({space}, "   a  b"), (Ids{3, 0, 3, 1}));
}

TEST(AddedTokens, AreFoundInTheRawOrTheNormalizedText) {
  SortedJson json = small_tokenizer();
  json["normalizer"] = {{"type", "Lowercase"}};
  json["added_tokens"] = {added_token(10, "X"), with(added_token(11, "<Y>"), "normalized")};
  json["added_tokens"][0]["id"] = 6;
  json["added_tokens"][1]["id"] = 10;
  EXPECT_EQ(encode_with(json, "BxXc"), (Ids{1, 6, 2})) << "only the X as it is written";
  EXPECT_EQ(encode_with(json, "A<y>B<Y>"), (Ids{0, 10, 1, 10}));
}

TEST(AddedTokens, EachSpanBetweenTokensIsNormalizedByItself) {
  SortedJson json = small_tokenizer();
  json["normalizer"] = {{"type", "Prepend"}, {"prepend", "c"}};
  json["added_tokens"] = {added_token(10, "<1>"), with(added_token(11, "<2>"), "normalized")};
  EXPECT_EQ(encode_with(json, "a<1>b"), (Ids{2, 0, 10, 2, 1}));
  EXPECT_EQ(encode_with(json, "<2>b"), (Ids{11, 1})) << "looked for as c<2>";
  EXPECT_EQ(encode_with(json, "a<2>b"), (Ids{2, 4}));
}

TEST(AddedTokens, OfTokensThatTheNormalizerMakesEqualTheLastCounts) {
  SortedJson json = small_tokenizer();
  json["normalizer"] = {{"type", "Lowercase"}};
  const auto encode_two = [&json](SortedJson first, SortedJson second) {
    json["added_tokens"] = {with(std::move(first), "normalized"),
                            with(std::move(second), "normalized")};
    return encode_with(json, "<y>");
  };
  EXPECT_EQ(encode_two(added_token(10, "<Y>"), added_token(11, "<y>")), Ids{11});
  EXPECT_EQ(encode_two(added_token(10, "<Y>"), with(added_token(11, "<y>"), "special")), Ids{10})
      << "special ones come first";
}

TEST(AddedTokens, OneOfWhichTheNormalizerLeavesNothingIsRefused) {
  SortedJson json = small_tokenizer();
  json["normalizer"] = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  json["added_tokens"] = SortedJson::array({with(added_token(10, "  "), "normalized")});
  try {
    encode_with(json, "a");
    FAIL() << "loaded";
  } catch (const DataError& error) {
    EXPECT_TRUE(std::string_view(error.what())
                    .ends_with("added_tokens[0]: the normalizer leaves nothing of the token"))
        << error.what();
  }
}

TEST(AddedTokens, WithoutContentMatchNothing) {
  EXPECT_EQ(encode({added_token(10, "")}, "ab"), (Ids{4}));
}

TEST(AddedTokens, CountOnFromTheVocabulary) {
  SortedJson json = small_tokenizer();
  json["added_tokens"] = {added_token(10, "<1>"), added_token(6, "X"), added_token(11, "<2>")};
  const TempDir dir;
  const Tokenizer tokenizer = load_tokenizer(dir, json);
  EXPECT_EQ(tokenizer.encode("<2>X<1>"), (Ids{11, 6, 10}));
  EXPECT_EQ(tokenizer.vocab_size(), 12);
}

TEST(AddedTokens, ManyWithOneBeginningAreFoundLikeFew) {
  std::vector<SortedJson> tokens;
  for (std::int32_t i = 0; i < 2000; ++i)
    tokens.push_back(added_token(10 + i, "<extra_" + std::to_string(i) + ">"));
  tokens.push_back(added_token(2010, "<extra_1"));
  tokens.push_back(added_token(2011, "<extra_19"));
  EXPECT_EQ(encode(tokens, "a<extra_0><extra_1999><extra_19b<extra_1<extra_Z"),
            (Ids{0, 10, 2009, 2011, 1, 2010, 0, 8}))
      << "the longest that is there; of <extra_Z the vocabulary has a and Z alone";
}

}  // namespace
}  // namespace nf
