#include "eval/records/record_difference.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nf {
namespace {

Record full_record() {
  Record record{.id = "a", .name = "noise", .model = "opt", .seed = 1};
  record.windows = {{.window = 2, .sums = {.tokens = 10, .nll = 20.5, .kl = 1.0, .top1 = 9}},
                    {.window = 3, .sums = {.tokens = 10, .nll = 21.5, .kl = 0.25, .top1 = 8}}};
  record.questions = {{.task = "piqa",
                       .question = 4,
                       .parts = {{.tokens = 3, .nll = 2.0}, {.tokens = 5, .nll = 7.0}},
                       .correct = true,
                       .correct_norm = false}};
  record.sites = {{.site = "layers.0.q_proj.weight", .stats = {.count = 8, .sum_x2 = 4.0}},
                  {.site = "layers.0.q_proj.input",
                   .stats = {.count = 64, .sum_d2 = 0.5},
                   .first_window = 2,
                   .windows = 2}};
  return record;
}

std::vector<std::string> texts(const Record& first, const Record& second) {
  std::vector<std::string> result;
  for (const RecordDifference& difference : record_differences(first, second))
    result.push_back(difference.text());
  return result;
}

using Texts = std::vector<std::string>;

TEST(RecordDifference, IsNoneBetweenARecordAndItself) {
  Record other = full_record();
  other.env = {{"isa", "another"}};
  other.run = {{"seconds", 7}};
  EXPECT_EQ(texts(full_record(), other), Texts());
}

TEST(RecordDifference, FindsTheLastBit) {
  Record other = full_record();
  other.windows[1].sums.nll = std::nextafter(21.5, 22.0);
  EXPECT_EQ(texts(full_record(), other), Texts{"window 3: nll: 21.5 and 21.500000000000004"});
  other = full_record();
  other.windows[0].sums.kl = 0.0;
  Record negative = other;
  negative.windows[0].sums.kl = -0.0;
  EXPECT_EQ(texts(other, negative), Texts{"window 2: kl: 0.0 and -0.0"});
}

TEST(RecordDifference, LooksAtQuestionsAndSites) {
  Record other = full_record();
  other.windows[0].sums.top1 = 7;
  other.questions[0].parts[1].nll = 7.5;
  other.questions[0].correct = false;
  other.sites[0].stats.sum_x2 = 4.5;
  other.sites[1].stats.clipped = 1;
  const Texts found = texts(full_record(), other);
  EXPECT_EQ(found, (Texts{"window 2: top1: 9 and 7", "question 4 of piqa: correct: true and false",
                          "question 4 of piqa: choices[1].loglikelihood: -7.0 and -7.5",
                          "layers.0.q_proj.weight: sum_x2: 4.0 and 4.5",
                          "layers.0.q_proj.input, windows 2 to 3: clipped: 0 and 1"}));
}

TEST(RecordDifference, ComparesOnlyWhatBothHave) {
  Record other = full_record();
  other.windows = {{.window = 4, .sums = {.tokens = 1}}};
  other.questions[0].question = 5;
  other.sites[0].site = "layers.0.k_proj.weight";
  other.sites[1].first_window = 4;
  EXPECT_EQ(texts(full_record(), other), Texts());

  other = full_record();
  for (SiteStats& site : other.sites) site.complete = false;  // fewer figures were gathered
  EXPECT_EQ(texts(full_record(), other), Texts());
  other.sites[0].stats.sum_x2 = 5.0;
  EXPECT_EQ(texts(full_record(), other).size(), 1u);
}

TEST(RecordDifference, TellsAFailedRecordFromOneThatDidNotFail) {
  Record failed = full_record();
  failed.status = Status::failed;
  EXPECT_EQ(texts(full_record(), failed), Texts{"trial: status: ok and failed"});
  EXPECT_EQ(texts(failed, failed), Texts());
}

}  // namespace
}  // namespace nf
