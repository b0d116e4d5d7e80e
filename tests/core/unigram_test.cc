#include "core/text/unigram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

SortedJson model(const SortedJson& vocab, bool byte_fallback = false) {
  return {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}, {"byte_fallback", byte_fallback}};
}

std::vector<Token> encode_tokens(const SortedJson& json, const std::string& text) {
  const Unigram unigram(JsonPlace("F", json));
  std::vector<Token> tokens;
  unigram.encode(Pieces{text, {{0, static_cast<Index>(text.size()), Span::kNoId}}}, tokens);
  return tokens;
}

Ids encode(const SortedJson& json, const std::string& text) {
  Ids ids;
  for (const Token& token : encode_tokens(json, text)) ids.push_back(token.id);
  return ids;
}

SortedJson entry(const std::string& token, double score) {
  return SortedJson::array({token, score});
}

// The example of Hugging Face tokenizers (unigram/model.rs), and what 0.23.2 was seen to make of
// it.
const SortedJson kVocab = SortedJson::array({entry("<unk>", 0), entry("a", 0), entry("b", 0),
                                             entry("c", 0), entry("d", 0), entry("cd", 1),
                                             entry("ab", 2), entry("abc", 5), entry("abcd", 10)});

TEST(Unigram, TakesTheBestSumOfScores) {
  EXPECT_EQ(encode(model(kVocab), "abcdacdxx"), (Ids{8, 1, 5, 0}));
  EXPECT_EQ(encode(model(kVocab), "abcabcd"), (Ids{7, 8}));
  EXPECT_EQ(encode(model(kVocab), ""), Ids{});
}

TEST(Unigram, OfEqualSumsTheLongerLastTokenWins) {
  // Both ways have a sum of 1; the one whose last token begins first is found first and kept.
  const SortedJson vocab = SortedJson::array({entry("<unk>", -9), entry("a", 0), entry("b", 0),
                                              entry("c", 0), entry("ab", 1), entry("bc", 1)});
  EXPECT_EQ(encode(model(vocab), "abc"), (Ids{1, 5}));
}

TEST(Unigram, UnknownCharactersInARowAreOneToken) {
  EXPECT_EQ(encode_tokens(model(kVocab), "axéb"), (std::vector<Token>{{1, 1}, {0, 3}, {2, 1}}));
  EXPECT_EQ(encode(model(kVocab), "x<unk>y"), Ids{0}) << "the token itself is one of them";
}

TEST(Unigram, AnUnknownStretchThatIsATokenIsThatToken) {
  // Two unknown characters are 90 each, more than the token of both.
  const SortedJson vocab =
      SortedJson::array({entry("<unk>", 100), entry("a", 100), entry("xx", 100)});
  EXPECT_EQ(encode(model(vocab), "axxa"), (Ids{1, 2, 1}));
  EXPECT_EQ(encode(model(vocab), "axxxa"), (Ids{1, 0, 1}));
}

TEST(Unigram, ByteFallbackNeedsAllBytesOfTheStretch) {
  SortedJson vocab = kVocab;
  for (const char* token : {"<0xC3>", "<0xA9>"}) vocab.push_back(entry(token, -1));
  EXPECT_EQ(encode_tokens(model(vocab, true), "aéb"),
            (std::vector<Token>{{1, 1}, {9, 1}, {10, 1}, {2, 1}}));
  EXPECT_EQ(encode(model(vocab, true), "aéxb"), (Ids{1, 0, 2}));
  EXPECT_EQ(encode(model(vocab, false), "aéb"), (Ids{1, 0, 2}));
}

TEST(Unigram, OfATokenThatComesTwiceTheLaterCounts) {
  SortedJson vocab = kVocab;
  vocab.push_back(entry("a", 3));
  EXPECT_EQ(encode(model(vocab), "aa"), (Ids{9, 9}));
  const SortedJson json = model(vocab);
  const Unigram unigram(JsonPlace("F", json));
  EXPECT_EQ(unigram.token_count(), 10);
  EXPECT_EQ(unigram.largest_id(), 9);
  EXPECT_EQ(unigram.token_id("a"), 9);
  EXPECT_EQ(unigram.token_id("q"), std::nullopt);
}

TEST(Unigram, WithoutAnUnknownTokenUnknownCharactersAreAnError) {
  SortedJson json = model(kVocab);
  json["unk_id"] = nullptr;
  EXPECT_EQ(encode(json, "ab"), Ids{6});
  try {
    encode(json, "aéb");
    FAIL() << "encoded";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "'é' is not in the tokenizer's vocabulary, which has no unknown token");
  }
}

TEST(Unigram, RefusesWhatIsNoVocabulary) {
  const auto message = [](const SortedJson& json) -> std::string {
    try {
      Unigram(JsonPlace("F", json));
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message(model(SortedJson::array({entry("a", 0), SortedJson::array({"b"})}))),
            "F: vocab[1]: must be [\"TOKEN\", SCORE]");
  EXPECT_EQ(message(model({{"a", 0}})), "F: vocab: must be an array, not object");
  SortedJson json = model(kVocab);
  json["unk_id"] = 9;
  EXPECT_EQ(message(json), "F: unk_id: 9 is no id of a vocabulary of 9 tokens");
}

/// The best sum of scores over all ways to cut `text`, tried one by one.
double best_sum(const std::vector<std::pair<std::string, double>>& vocab, double unknown,
                const std::string& text) {
  if (text.empty()) return 0;
  double best = unknown + best_sum(vocab, unknown, text.substr(1));
  for (const auto& [token, score] : vocab) {
    if (text.starts_with(token))
      best = std::max(best, score + best_sum(vocab, unknown, text.substr(token.size())));
  }
  return best;
}

TEST(Unigram, EqualsTryingAllWays) {
  std::mt19937 random(1);
  const auto draw = [&random](std::size_t shortest, std::size_t longest) {
    std::string text;
    for (std::size_t n = shortest + random() % (longest + 1 - shortest); n > 0; --n)
      text += static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int round = 0; round < 200; ++round) {
    // Whole scores, so that sums are exact; all letters are tokens, so that none is unknown.
    std::vector<std::pair<std::string, double>> vocab = {{"a", -7}, {"b", -8}, {"c", -9}};
    for (int i = 0; i < 12; ++i) vocab.emplace_back(draw(2, 4), -double(random() % 20) - 1);
    std::stable_sort(vocab.begin(), vocab.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    vocab.erase(std::unique(vocab.begin(), vocab.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }),
                vocab.end());
    SortedJson json = SortedJson::array({entry("<unk>", -30)});
    for (const auto& [token, score] : vocab) json.push_back(entry(token, score));
    const std::string text = draw(0, 10);
    double sum = 0;
    std::string joined;
    for (const std::int32_t id : encode(model(json), text)) {
      joined += json[static_cast<std::size_t>(id)][0].get<std::string>();
      sum += json[static_cast<std::size_t>(id)][1].get<double>();
    }
    ASSERT_EQ(joined, text);
    ASSERT_EQ(sum, best_sum(vocab, -40, text)) << text;
  }
}

TEST(Unigram, ALongPieceIsNotQuadratic) {
  EXPECT_EQ(encode(model(kVocab), std::string(1'000'000, 'a')).size(), 1'000'000u);
}

}  // namespace
}  // namespace nf
