#include "eval/data/text_overlap.h"

#include <gtest/gtest.h>

#include "tests/support/tiny_model.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr Index kVocab = 1000;

EvalSet windows_of(const std::vector<Ids>& windows) {
  EvalSet set;
  for (const Ids& ids : windows) {
    set.names.push_back(fmt::format("window {}", set.items.size()));
    set.items.push_back({.ids = ids, .layout = Layout::window(std::ssize(ids)), .targets = {}});
  }
  set.windows = set.count();
  return set;
}

/// Unlike ids with those of `text` from `at` on.
Ids with_text(Index length, const Ids& text, Index at, std::uint64_t salt) {
  Ids ids = random_ids(length, kVocab, salt);
  std::copy(text.begin(), text.end(), ids.begin() + at);
  return ids;
}

TEST(TextOverlap, IsEmptyOfDifferentTexts) {
  const auto set = make_calibration_set("s", {random_ids(512, kVocab, 1)});
  EXPECT_TRUE(find_overlap(*set, windows_of({random_ids(512, kVocab, 2)})).empty());
}

TEST(TextOverlap, BeginsAtSoManyTokensInARow) {
  const Ids shared = random_ids(kSharedRun, kVocab, 3);
  const auto set = make_calibration_set("s", {with_text(200, shared, 11, 1)});
  const TextOverlap whole = find_overlap(*set, windows_of({with_text(300, shared, 77, 2)}));
  EXPECT_EQ(whole.tokens, kSharedRun);
  EXPECT_EQ(whole.longest, kSharedRun);
  EXPECT_EQ(whole.first, "window 0");
  const Ids part(shared.begin() + 1, shared.end());
  EXPECT_TRUE(find_overlap(*set, windows_of({with_text(300, part, 77, 2)})).empty());
}

TEST(TextOverlap, CountsEachTokenOnceAndNamesTheFirstWindow) {
  const Ids shared = random_ids(150, kVocab, 3);
  const auto set = make_calibration_set("s", {with_text(200, shared, 11, 1)});
  const TextOverlap found = find_overlap(
      *set, windows_of({random_ids(256, kVocab, 4), with_text(256, shared, 9, 5),
                        with_text(256, Ids(shared.begin(), shared.begin() + 70), 0, 6)}));
  EXPECT_EQ(found.tokens, 150 + 70);
  EXPECT_EQ(found.longest, 150);
  EXPECT_EQ(found.first, "window 1");
}

TEST(TextOverlap, GoesOnFromWindowToWindow) {
  const Ids text = random_ids(32 * 4, kVocab, 3);
  std::vector<Ids> cut;
  for (Index i = 0; i < 4; ++i)
    cut.emplace_back(text.begin() + 32 * i, text.begin() + 32 * (i + 1));
  const auto set = make_calibration_set("s", {Ids(text.begin() + 5, text.end())});
  const TextOverlap found = find_overlap(*set, windows_of(cut));
  EXPECT_EQ(found.tokens, 32 * 4 - 5);
  EXPECT_EQ(found.first, "window 0");
}

TEST(TextOverlap, LooksIntoTheChoicesOfQuestions) {
  // A context of 60 tokens and two choices of 10: only with its second choice it stands in the set.
  const Ids context = random_ids(60, kVocab, 1), first = random_ids(10, kVocab, 2),
            second = random_ids(10, kVocab, 3);
  EvalItem question{.ids = context, .layout = Layout::window(60), .targets = {}};
  for (const Ids* choice : {&first, &second}) {
    question.layout.segments.push_back({.first = std::ssize(question.ids),
                                        .rows = std::ssize(*choice),
                                        .prefix_first = 0,
                                        .prefix_rows = 60});
    question.ids.insert(question.ids.end(), choice->begin(), choice->end());
  }
  const EvalSet asked{.items = {question}, .names = {"question 0 of arc"}, .windows = 0};
  Ids right = context, wrong = context;
  right.insert(right.end(), second.begin(), second.end());
  wrong.insert(wrong.end(), first.begin(), first.begin() + 3);
  const TextOverlap found = find_overlap(*make_calibration_set("s", {right}), asked);
  EXPECT_EQ(found.tokens, 10);  // the context counts with the first segment, which is too short
  EXPECT_EQ(found.first, "question 0 of arc");
  EXPECT_TRUE(find_overlap(*make_calibration_set("s", {wrong}), asked).empty());
}

TEST(TextOverlap, KnowsRepetitions) {
  const auto set = make_calibration_set("s", {Ids(200, 7)});
  EXPECT_EQ(find_overlap(*set, windows_of({Ids(100, 7)})).tokens, 100);
  EXPECT_TRUE(find_overlap(*set, windows_of({Ids(100, 8)})).empty());
}

}  // namespace
}  // namespace nf
