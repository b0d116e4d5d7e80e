#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <map>

#include "eval/tasks/question_item.h"
#include "tests/support/item_scores.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

const std::map<std::string, std::function<TinyModel()>> kFamilies = {
    {"opt", [] { return tiny_opt(); }},       {"opt_350m", [] { return tiny_opt_350m(); }},
    {"llama", [] { return tiny_llama(); }},   {"mistral", [] { return tiny_mistral(); }},
    {"cohere", [] { return tiny_cohere(); }}, {"bloom", [] { return tiny_bloom(); }},
    {"gpt2", [] { return tiny_gpt2(); }},     {"gpt_neox", [] { return tiny_gpt_neox(); }},
    {"qwen2", [] { return tiny_qwen2(); }},   {"qwen3", [] { return tiny_qwen3(); }},
};

/// `context` ids that all choices share, then so many of each choice's own, all of them scored.
std::vector<ChoiceIds> question_of(Index context, const std::vector<Index>& scored) {
  constexpr Index kVocab = 264;
  std::vector<ChoiceIds> choices;
  for (const Index count : scored) {
    std::vector<std::int32_t> ids = random_ids(context, kVocab, 1);
    const std::vector<std::int32_t> own =
        random_ids(count, kVocab, 2 + static_cast<std::uint64_t>(choices.size()));
    ids.insert(ids.end(), own.begin(), own.end());
    choices.push_back({std::move(ids), count});
  }
  return choices;
}

/// The whole question at once against each choice by itself: rows do not depend on their company,
/// and attention goes over the same keys in the same order, so the bits are the same.
void expect_same_bits(const ItemScorer& scorer, const std::vector<ChoiceIds>& choices) {
  const EvalItem item = question_item(choices);
  const std::vector<PartSums> together = scorer.score(item);
  ASSERT_EQ(together.size(), choices.size());
  for (std::size_t c = 0; c < choices.size(); ++c) {
    const PartSums alone = scorer.score(question_item({choices[c]})).front();
    EXPECT_EQ(together[c].tokens, alone.tokens) << c;
    EXPECT_EQ(together[c].tokens, choices[c].scored) << c;
    EXPECT_EQ(together[c].greedy, alone.greedy) << c;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(together[c].nll),
              std::bit_cast<std::uint64_t>(alone.nll))
        << c << ": " << together[c].nll << " and " << alone.nll;
  }
}

class SharedContext : public testing::TestWithParam<std::string> {};

TEST_P(SharedContext, GivesTheSameBitsAsEachChoiceByItself) {
  const TempDir dir;
  kFamilies.at(GetParam())().write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  const ItemScorer scorer(decoder, 200);
  expect_same_bits(scorer, question_of(37, {5, 9, 1, 5}));
  expect_same_bits(scorer, question_of(100, {33, 70}));
  expect_same_bits(scorer, question_of(1, {4, 2}));
  expect_same_bits(scorer, question_of(20, {1, 1, 1}));
  std::vector<ChoiceIds> apart = question_of(20, {6, 7});
  apart[1].ids.erase(apart[1].ids.begin());  // as truncation does
  expect_same_bits(scorer, apart);
}

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kFamilies) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Families, SharedContext, testing::ValuesIn(family_names()),
                         [](const auto& family) { return family.param; });

}  // namespace
}  // namespace nf
