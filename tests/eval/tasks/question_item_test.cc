#include "eval/tasks/question_item.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/task_support.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

/// a b c and the space, and tokens that reach over the border of context and continuation:
/// " a" = 10, "c " = 11.
Tokenizer border_tokenizer() {
  SortedJson json = small_tokenizer();
  json["model"]["vocab"][" a"] = 10;
  json["model"]["vocab"]["c "] = 11;
  json["model"]["merges"] = SortedJson::parse(R"([["c", " "], [" ", "a"]])");
  const TempDir dir;
  return load_tokenizer(dir, json);
}

std::vector<ChoiceIds> encoded(const std::vector<ChoiceText>& choices, Index positions = 100,
                               std::optional<std::int32_t> bos = {}) {
  return encode_choices(choices, border_tokenizer(), {.positions = positions, .bos_token = bos},
                        "f.jsonl:1");
}

ChoiceIds encoded_one(const std::string& context, const std::string& continuation,
                      Index positions = 100, std::optional<std::int32_t> bos = {}) {
  return encoded({{context, continuation}}, positions, bos).front();
}

TEST(ChoiceIds, AreContextAndContinuation) {
  const ChoiceIds choice = encoded_one("ab", " a b");
  EXPECT_EQ(choice.ids, (Ids{0, 1, 10, 3, 1}));
  EXPECT_EQ(choice.scored, 3);
  EXPECT_EQ(Ids(choice.inputs().begin(), choice.inputs().end()), (Ids{0, 1, 10, 3}));
}

TEST(ChoiceIds, CountSpaceBehindTheContextToTheContinuation) {
  const ChoiceIds choice = encoded_one("b  ", " a");
  EXPECT_EQ(choice.ids, (Ids{1, 3, 3, 10}));
  EXPECT_EQ(choice.scored, 3);
}

TEST(ChoiceIds, OfATokenOverTheBorderScoreWhatLiesBehindAsManyIdsAsTheContextHas) {
  // Together "bc a" is b, "c ", a: behind two ids comes a; the context stays as it is by itself.
  const ChoiceIds choice = encoded_one("bc", " a");
  EXPECT_EQ(choice.ids, (Ids{1, 2, 0}));
  EXPECT_EQ(choice.scored, 1);
}

TEST(ChoiceIds, KeepTheRightEnd) {
  EXPECT_EQ(encoded_one("aabb", " a", 4).ids, (Ids{0, 0, 1, 1, 10}));
  EXPECT_EQ(encoded_one("aabb", " a", 3).ids, (Ids{0, 1, 1, 10}));
  const ChoiceIds whole = encoded_one("aab", " abc", 3);
  EXPECT_EQ(whole.ids, (Ids{1, 10, 1, 2}));
  EXPECT_EQ(whole.scored, 3);
  EXPECT_EQ(data_error_of([] { encoded_one("aab", " abc", 2); }),
            "f.jsonl:1: a continuation of 3 tokens is longer than the 2 positions of the model");
}

TEST(ChoiceIds, BeginWithTheBosTokenWhereOneIsAskedFor) {
  const ChoiceIds choice = encoded_one("ab", " a", 100, 7);
  EXPECT_EQ(choice.ids, (Ids{7, 0, 1, 10}));
  EXPECT_EQ(choice.scored, 1);
  EXPECT_EQ(encoded_one("ab", " a", 2, 7).ids, (Ids{0, 1, 10}));  // cut off with the left end
  const ChoiceIds empty = encoded_one("", " a", 100, 7);
  EXPECT_EQ(empty.ids, (Ids{7, 10}));
  EXPECT_EQ(empty.scored, 1);
}

TEST(ChoiceIds, NeedAContextAndAContinuation) {
  for (const char* context : {"", " "})
    EXPECT_EQ(
        data_error_of([&] { encoded_one(context, " a"); }),
        "f.jsonl:1: the context is empty, so nothing predicts the first token; set bos: true");
  EXPECT_EQ(data_error_of([] { encoded_one("ab", ""); }),
            "f.jsonl:1: no token is left to score behind the context's 2");
}

TEST(ChoiceIds, MayHaveAContextEach) {
  const std::vector<ChoiceIds> choices = encoded({{"ab", " a"}, {"ab", "b"}, {"b", " a"}});
  EXPECT_EQ(choices[0].ids, (Ids{0, 1, 10}));
  EXPECT_EQ(choices[1].ids, (Ids{0, 1, 1}));
  EXPECT_EQ(choices[2].ids, (Ids{1, 10}));
}

std::string segments_of(const EvalItem& item) {
  std::string text;
  for (const Segment& segment : item.layout.segments)
    text += fmt::format("[{}+{} after {}+{}]", segment.first, segment.rows, segment.prefix_first,
                        segment.prefix_rows);
  return text;
}

/// "row:token@part ..."
std::string targets_of(const EvalItem& item) {
  std::string text;
  for (const Target& target : item.targets)
    text +=
        fmt::format("{}{}:{}@{}", text.empty() ? "" : " ", target.row, target.token, target.part);
  return text;
}

TEST(QuestionItem, HasTheSharedContextOnce) {
  // context 1 2 3; choices 5 6 7 | 5 8 | 9: row 2 predicts the first token of each.
  const EvalItem item =
      question_item({{{1, 2, 3, 5, 6, 7}, 3}, {{1, 2, 3, 5, 8}, 2}, {{1, 2, 3, 9}, 1}});
  EXPECT_EQ(item.ids, (Ids{1, 2, 3, 5, 6, 5}));
  EXPECT_EQ(segments_of(item), "[0+3 after 0+0][3+2 after 0+3][5+1 after 0+3]");
  EXPECT_EQ(targets_of(item), "2:5@0 2:5@1 2:9@2 3:6@0 4:7@0 5:8@1");
  EXPECT_EQ(item.parts, 3);
  EXPECT_EQ(item.layout.rows(), 6);
  EXPECT_EQ(item.layout.positions(), 5);
  EXPECT_EQ(item.bytes, -1);
}

TEST(QuestionItem, SharesWhatChoicesBeginWithAsWell) {
  // Both continue 1 2 by 5: rows of the shared part are scored for both.
  const EvalItem item = question_item({{{1, 2, 5, 6, 7}, 3}, {{1, 2, 5, 6, 8, 4}, 4}});
  EXPECT_EQ(item.ids, (Ids{1, 2, 5, 6, 8}));
  EXPECT_EQ(segments_of(item), "[0+4 after 0+0][4+1 after 0+4]");
  EXPECT_EQ(targets_of(item), "1:5@0 1:5@1 2:6@0 2:6@1 3:7@0 3:8@1 4:4@1");
}

TEST(QuestionItem, OfSingleTokensIsTheContextAlone) {
  const EvalItem item = question_item({{{1, 2, 5}, 1}, {{1, 2, 6}, 1}});
  EXPECT_EQ(segments_of(item), "[0+2 after 0+0]");
  EXPECT_EQ(targets_of(item), "1:5@0 1:6@1");
}

TEST(QuestionItem, OfDifferentContextsHasNothingShared) {
  const EvalItem item = question_item({{{1, 2, 5, 6}, 2}, {{3, 2, 5, 6}, 2}});
  EXPECT_EQ(item.ids, (Ids{1, 2, 5, 3, 2, 5}));
  EXPECT_EQ(segments_of(item), "[0+3 after 0+0][3+3 after 0+0]");
  EXPECT_EQ(targets_of(item), "1:5@0 2:6@0 4:5@1 5:6@1");
}

TEST(QuestionItem, OfOneChoiceIsAWindow) {
  const EvalItem item = question_item({{{1, 2, 5, 6}, 2}});
  EXPECT_EQ(item.ids, (Ids{1, 2, 5}));
  EXPECT_EQ(segments_of(item), "[0+3 after 0+0]");
  EXPECT_EQ(targets_of(item), "1:5@0 2:6@0");
}

}  // namespace
}  // namespace nf
