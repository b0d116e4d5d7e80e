#include "eval/tasks/task_questions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/support/builtin_kinds.h"
#include "tests/support/task_support.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

const std::string kChoice = R"({"context": "ab", "choices": ["a", "bc"], "gold": 1})";
const std::string kWord = R"({"context": "ab", "target": " a"})";

class TaskFiles : public testing::Test {
 protected:
  TaskConfig task(const std::string& name, const std::string& kind, const std::string& text) {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    TaskConfig config;
    config.name = name;
    config.kind = kind;
    config.file.resolved = dir_ / name;
    return config;
  }
  TaskQuestions read(const std::vector<TaskConfig>& tasks, Index positions = 100) {
    return read_tasks(tasks, load_tokenizer(dir_, small_tokenizer()), positions, 6,
                      builtin_tasks());
  }

  TempDir dir_;
};

TEST_F(TaskFiles, BecomeItemsWithTheirQuestions) {
  const TaskQuestions read_back =
      read({task("piqa", "multiple_choice", kChoice + "\n" + kChoice + "\n"),
            task("lambada", "last_word", kWord)});
  ASSERT_EQ(read_back.items.size(), 3u);
  ASSERT_EQ(read_back.questions.size(), 3u);
  EXPECT_TRUE(read_back.warnings.empty());
  EXPECT_EQ(read_back.questions[1].task, "piqa");
  EXPECT_EQ(read_back.questions[1].question, 1);
  EXPECT_EQ(read_back.questions[1].gold, 1);
  EXPECT_EQ(read_back.questions[1].characters, (std::vector<Index>{1, 2}));
  EXPECT_EQ(read_back.items[1].parts, 2);
  EXPECT_EQ(read_back.questions[2].task, "lambada");
  EXPECT_EQ(read_back.questions[2].question, 0);
  EXPECT_EQ(read_back.items[2].ids, (std::vector<std::int32_t>{4, 3}));
  EXPECT_TRUE(read_back.questions[2].score({{.tokens = 2, .greedy = 2}}).correct);
}

TEST_F(TaskFiles, LieApartInTheDraws) {
  const TaskQuestions read_back =
      read({task("piqa", "multiple_choice", kChoice + "\n" + kChoice + "\n"),
            task("lambada", "last_word", kWord)});
  EXPECT_EQ(read_back.items[0].first_row, Index{1} << 40);
  EXPECT_EQ(read_back.items[1].first_row, (Index{1} << 40) + (Index{1} << 20));
  EXPECT_EQ(read_back.items[2].first_row, Index{2} << 40);
  // The last row of the last question that there can be, in the widest linear that there is.
  constexpr Index kFeatures = Index{1} << 17;
  EXPECT_LE((kMostTasks + 1) * kRowsOfATask, std::numeric_limits<Index>::max() / kFeatures);
}

TEST_F(TaskFiles, HaveABosTokenOnlyWhereOneIsAskedFor) {
  TaskConfig with_bos = task("a", "last_word", kWord);
  with_bos.bos = true;
  const TaskQuestions read_back = read({with_bos, task("b", "last_word", kWord)});
  EXPECT_EQ(read_back.items[0].ids, (std::vector<std::int32_t>{6, 4, 3}));
  EXPECT_EQ(read_back.items[1].ids, (std::vector<std::int32_t>{4, 3}));
}

TEST_F(TaskFiles, EndAtTheLimitAndSayWhenTheyAreShorter) {
  TaskConfig config = task("a", "last_word", kWord + "\n" + kWord + "\n");
  config.limit = 1;
  EXPECT_EQ(read({config}).items.size(), 1u);
  config.limit = 3;
  const TaskQuestions all = read({config});
  EXPECT_EQ(all.items.size(), 2u);
  EXPECT_EQ(all.warnings, std::vector{(dir_ / "a").string() + ": 2 questions, 3 were asked for"});
}

TEST_F(TaskFiles, NameTheLineOfAMistake) {
  const TaskConfig config =
      task("a", "last_word", kWord + "\n\n" + R"({"context": "", "target": "a"})" + "\n");
  EXPECT_EQ(data_error_of([&] { read({config}); }).find((dir_ / "a").string() + ":3: "), 0u);
  const TaskConfig word = task("b", "last_word", kWord);
  EXPECT_EQ(data_error_of([&] { read({word}, 1); }),
            (dir_ / "b").string() +
                ":1: a continuation of 2 tokens is longer than the 1 positions of the model");
}

TEST_F(TaskFiles, StandBehindTheirExamplesAsLmEvalJoinsThem) {
  TaskConfig few = task("q", "multiple_choice", kChoice);
  task("e", "multiple_choice",
       R"({"context": "a", "choices": ["b", "c"], "gold": 1})" + std::string("\n") +
           R"({"context": "b", "choices": ["a", "c"], "gold": 0})" + "\n" +
           R"({"context": "c", "choices": ["a", "b"], "gold": 0})");
  few.few_shot = 2;
  few.examples = PathValue{.written = "e", .resolved = dir_ / "e", .node = {}};
  // The examples written into the question are the same question.
  const TaskConfig written =
      task("w", "multiple_choice",
           R"({"context": "a c\n\nb a\n\nab", "choices": ["a", "bc"], "gold": 1})");
  const TaskQuestions examples = read({few}), whole = read({written});
  EXPECT_EQ(hash_items(examples.items, ""), hash_items(whole.items, ""));
  EXPECT_EQ(examples.questions[0].characters, (std::vector<Index>{1, 2}));
  EXPECT_TRUE(examples.warnings.empty());
  few.few_shot = 0;
  EXPECT_EQ(hash_items(read({few}).items, ""),
            hash_items(read({task("z", "multiple_choice", kChoice)}).items, ""));
}

TEST_F(TaskFiles, LoseTheirExamplesOnTheLeftWhereTheyAreTooLong) {
  TaskConfig few = task("q", "multiple_choice", kChoice);
  task("e", "multiple_choice", kChoice);
  few.few_shot = 1;
  few.examples = PathValue{.written = "e", .resolved = dir_ / "e", .node = {}};
  const Index positions = 4;
  const EvalItem cut = read({few}, positions).items.front();
  const EvalItem bare = read({task("z", "multiple_choice", kChoice)}).items.front();
  EXPECT_EQ(cut.layout.positions(), positions);
  const auto scored = [](const EvalItem& item) {
    std::vector<std::pair<Index, std::int32_t>> tokens;
    for (const Target& target : item.targets) tokens.emplace_back(target.part, target.token);
    std::stable_sort(tokens.begin(), tokens.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return tokens;
  };
  EXPECT_EQ(scored(cut), scored(bare));
}

TEST_F(TaskFiles, SayWhereExamplesAreMissingOrTheQuestionsThemselves) {
  TaskConfig few = task("q", "multiple_choice", kChoice);
  few.few_shot = 1;
  few.examples = few.file;
  EXPECT_EQ(read({few}).warnings,
            std::vector{(dir_ / "q").string() +
                        ": examples and questions of task 'q' are of one file: the first 1 "
                        "questions stand there with their answers"});
  few.few_shot = 2;
  EXPECT_EQ(data_error_of([&] { read({few}); }),
            (dir_ / "q").string() + ": 1 examples, few_shot of task 'q' asks for 2");
}

TEST_F(TaskFiles, HaveTheHeadingsOfTheirKinds) {
  const std::vector<TaskHeading> headings = task_headings(
      {task("p", "multiple_choice", ""), task("l", "last_word", "")}, builtin_tasks());
  ASSERT_EQ(headings.size(), 2u);
  EXPECT_EQ(headings[0].name, "p");
  EXPECT_FALSE(headings[0].has_ppl);
  EXPECT_TRUE(headings[1].has_ppl);
}

}  // namespace
}  // namespace nf
