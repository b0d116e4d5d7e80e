#include "core/text/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/base/error.h"
#include "core/io/read_json.h"
#include "tests/reference/bpe_reference.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

SortedJson model(const SortedJson& vocab, const SortedJson& merges) {
  return {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}};
}

Ids encode(const SortedJson& json, const std::string& text) {
  const Bpe bpe(JsonPlace("F", json));
  const Pieces pieces{text, {{0, static_cast<Index>(text.size()), Span::kNoId}}};
  std::vector<Token> tokens;
  bpe.encode(pieces, tokens);
  Ids ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

TEST(Bpe, MergesByRankNotFromTheLeft) {
  const SortedJson vocab = {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}, {"bc", 4}};
  EXPECT_EQ(encode(model(vocab, {"b c", "a b"}), "abc"), (Ids{0, 4}));
  EXPECT_EQ(encode(model(vocab, {"a b", "b c"}), "abc"), (Ids{3, 2}));
}

TEST(Bpe, OfEqualPairsTheLeftmostIsFirst) {
  const SortedJson vocab = {{"a", 0}, {"aa", 1}};
  EXPECT_EQ(encode(model(vocab, {"a a"}), "aaa"), (Ids{1, 0}));
}

TEST(Bpe, ReadsMergesAsStringsOrPairs) {
  const SortedJson vocab = {{"a", 0}, {" ", 1}, {"a ", 2}, {"aa", 3}};
  EXPECT_EQ(encode(model(vocab, SortedJson::array({SortedJson::array({"a", " "}),
                                                   SortedJson::array({"a", "a"})})),
                   "a aa"),
            (Ids{2, 3}));
  EXPECT_EQ(encode(model(vocab, {"#version: 0.2", "a a"}), "aa"), Ids{3});
}

TEST(Bpe, APairThatComesTwiceHasItsLaterRank) {
  const SortedJson vocab = {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}, {"bc", 4}};
  EXPECT_EQ(encode(model(vocab, {"a b", "b c", "a b"}), "abc"), (Ids{0, 4}));
}

TEST(Bpe, IgnoreMergesTakesWholeWords) {
  SortedJson json = model({{"a", 0}, {"b", 1}, {"ab", 2}}, SortedJson::array());
  EXPECT_EQ(encode(json, "ab"), (Ids{0, 1}));
  json["ignore_merges"] = true;
  EXPECT_EQ(encode(json, "ab"), Ids{2});
  EXPECT_EQ(encode(json, "aba"), (Ids{0, 1, 0}));
}

TEST(Bpe, UnknownCharactersBecomeTheUnknownTokenOrNothing) {
  SortedJson json = model({{"a", 0}, {"?", 1}, {"aa", 2}}, {"a a"});
  EXPECT_EQ(encode(json, "aéxa"), Ids{2}) << "dropped characters leave neighbours";
  json["unk_token"] = "?";
  EXPECT_EQ(encode(json, "aéxa"), (Ids{0, 1, 1, 0}));
}

TEST(Bpe, AnUnknownTokenThatIsMissingMattersWhenItIsNeeded) {
  SortedJson json = model({{"a", 0}}, SortedJson::array());
  json["unk_token"] = "?";
  EXPECT_EQ(encode(json, "aa"), (Ids{0, 0}));
  try {
    encode(json, "aé");
    FAIL() << "encoded";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "'é' is not in the tokenizer's vocabulary, and neither is its unknown token '?'");
  }
}

// Expected ids were seen from Hugging Face tokenizers 0.23.2.
TEST(Bpe, FuseUnkMakesOneTokenOfUnknownCharactersInARow) {
  SortedJson json = model({{"a", 0}, {"?", 1}}, SortedJson::array());
  json["unk_token"] = "?";
  json["fuse_unk"] = true;
  EXPECT_EQ(encode(json, "aéxaz"), (Ids{0, 1, 0, 1}));
  json["unk_token"] = nullptr;
  EXPECT_EQ(encode(json, "aéxaz"), (Ids{0, 0}));
}

TEST(Bpe, ByteFallbackWritesTheBytesIfItHasThemAll) {
  SortedJson json =
      model({{"a", 0}, {"?", 1}, {"<0xC3>", 2}, {"<0xA9>", 3}, {"<0x0A>", 4}}, SortedJson::array());
  json["unk_token"] = "?";
  EXPECT_EQ(encode(json, "aé"), (Ids{0, 1}));
  json["byte_fallback"] = true;
  EXPECT_EQ(encode(json, "aé\n"), (Ids{0, 2, 3, 4}));
  EXPECT_EQ(encode(json, "aèa"), (Ids{0, 1, 0})) << "\\xA8 is missing";
}

TEST(Bpe, BytesAreMergedLikeOtherTokens) {
  SortedJson json = model({{"<0xC3>", 0}, {"<0xA9>", 1}, {"<0xC3><0xA9>", 2}}, {"<0xC3> <0xA9>"});
  json["byte_fallback"] = true;
  EXPECT_EQ(encode(json, "éé"), (Ids{2, 2}));
}

TEST(Bpe, AnUnknownTokenStandsBehindTheBytesThatFollowIt) {
  SortedJson json = model({{"a", 0}, {"?", 1}, {"<0xC3>", 2}, {"<0xA9>", 3}}, SortedJson::array());
  json["unk_token"] = "?";
  json["byte_fallback"] = true;
  EXPECT_EQ(encode(json, "zéa"), (Ids{2, 3, 1, 0}));
  EXPECT_EQ(encode(json, "zéza"), (Ids{2, 3, 1, 1, 0}));
  json["fuse_unk"] = true;
  EXPECT_EQ(encode(json, "zéza"), (Ids{2, 3, 1, 0}));
}

TEST(Bpe, RepeatedPiecesAndTokensKeepTheirOrder) {
  const SortedJson json = model({{"a", 0}, {"b", 1}, {"ab", 2}}, {"a b"});
  const Bpe bpe(JsonPlace("F", json));
  const Pieces pieces{"abbab", {{0, 3, -1}, {0, 1, 9}, {3, 5, -1}, {0, 3, -1}, {0, 0, -1}}};
  std::vector<Token> tokens = {{5, 4}};
  bpe.encode(pieces, tokens);
  EXPECT_EQ(tokens, (std::vector<Token>{{5, 4}, {2, 2}, {1, 1}, {9, 1}, {2, 2}, {2, 2}, {1, 1}}));
  EXPECT_EQ(bpe.token_count(), 3);
  EXPECT_EQ(bpe.largest_id(), 2);
}

TEST(Bpe, EqualsTheSlowReference) {
  std::mt19937 random(1);
  const auto draw = [&random](std::size_t count) { return random() % count; };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> tokens = {"a", "b", "c"};
    std::vector<std::pair<std::string, std::string>> merges;
    while (merges.size() < 20) {
      merges.emplace_back(tokens[draw(tokens.size())], tokens[draw(tokens.size())]);
      const std::string joined = merges.back().first + merges.back().second;
      if (std::count(merges.begin(), merges.end(), merges.back()) > 1) {
        merges.pop_back();
      } else if (std::find(tokens.begin(), tokens.end(), joined) == tokens.end()) {
        tokens.push_back(joined);  // else one more way to an old token
      }
    }
    std::shuffle(merges.begin(), merges.end(), random);
    SortedJson vocab;
    for (std::size_t i = 0; i < tokens.size(); ++i) vocab[tokens[i]] = i;
    const SortedJson json = model(vocab, merges);
    for (int k = 0; k < 20; ++k) {
      std::vector<std::string> letters(1 + draw(40));
      std::string text;
      for (std::string& letter : letters) {
        letter = tokens[draw(3)];
        text += letter;
      }
      Ids expected;
      for (const std::string& token : reference::bpe(letters, merges))
        expected.push_back(vocab[token].get<std::int32_t>());
      ASSERT_EQ(encode(json, text), expected) << text;
    }
  }
}

TEST(Bpe, ALongPieceIsNotQuadratic) {
  SortedJson vocab = {{"a", 0}};
  SortedJson merges = SortedJson::array();
  std::string token = "a";
  for (int i = 1; i <= 10; ++i) {
    merges.push_back({token, token});
    token += token;
    vocab[token] = i;
  }
  const Ids ids = encode(model(vocab, merges), std::string(100'000, 'a'));
  EXPECT_EQ(ids.size(), 97u + 3u);  // 97·1024 + 512 + 128 + 32 = 100,000
}

}  // namespace
}  // namespace nf
