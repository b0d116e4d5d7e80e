#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/parallel.h"
#include "core/io/read_json.h"
#include "eval/tasks/task_questions.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/item_scores.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// For the log-likelihood of a whole continuation, nats: sums of up to some hundred tokens in f32
/// in another order. (4e-5 was found.)
constexpr double kLoglikelihood = 1e-3;

/// A task that the reference has figures of.
struct Case {
  std::string model, task, kind;
};

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.model + "_" + info.param.task;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

TaskConfig config_of(const Case& what, const fs::path& file, Index limit) {
  TaskConfig config;
  config.name = what.task;
  config.kind = what.kind;
  config.file.resolved = file;
  config.limit = limit;
  return config;
}

/// The reference's log-likelihoods of one question: a number, or one for each choice.
std::vector<double> loglikelihoods(const Json& question) {
  if (question.is_number()) return {question.get<double>()};
  return question.get<std::vector<double>>();
}

class GoldenTask : public testing::TestWithParam<Case> {};

TEST_P(GoldenTask, AgreesWithTransformers) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR names no reference data";
  const Case& what = GetParam();
  const Json reference = read_json(*dir / "reference" / (what.model + ".json"));
  const Json& expected = reference.at("task " + what.task);
  Decoder decoder = open_decoder(*dir / "models" / what.model);
  const Index positions = decoder.spec().max_position_embeddings;
  const TaskConfig config = config_of(what, *dir / "tasks" / (what.task + ".jsonl"),
                                      expected.at("examples").get<Index>());
  const TaskQuestions asked = read_tasks({config}, Tokenizer::load(*dir / "models" / what.model),
                                         positions, {}, builtin_tasks());
  const ItemScorer scorer(decoder, positions);
  std::vector<QuestionSums> sums(asked.items.size());
  parallel_for(std::ssize(sums), [&](Index q) {
    const auto i = static_cast<std::size_t>(q);
    sums[i] = asked.questions[i].score(scorer.score(asked.items[i]));
  });

  const Json& first = expected.at("loglikelihoods_of_first_20");
  ASSERT_EQ(first.size(), 20u);
  for (std::size_t q = 0; q < first.size(); ++q) {
    const std::vector<double> theirs = loglikelihoods(first[q]);
    ASSERT_EQ(sums[q].parts.size(), theirs.size()) << q;
    for (std::size_t c = 0; c < theirs.size(); ++c)
      EXPECT_NEAR(-sums[q].parts[c].nll, theirs[c], kLoglikelihood) << q << ", choice " << c;
  }
  const TaskFigures figures = task_figures({.name = what.task}, sums);
  EXPECT_EQ(figures.questions, 200);
  EXPECT_EQ(figures.acc, expected.at("acc").get<double>());
  if (expected.at("acc_norm").is_null())
    EXPECT_EQ(figures.acc_norm, std::nullopt);
  else
    EXPECT_EQ(figures.acc_norm, expected.at("acc_norm").get<double>());
}

INSTANTIATE_TEST_SUITE_P(, GoldenTask,
                         testing::Values(Case{"opt-23m", "lambada", "last_word"},
                                         Case{"opt-23m", "piqa", "multiple_choice"},
                                         Case{"llama-27m", "lambada", "last_word"},
                                         Case{"llama-27m", "piqa", "multiple_choice"}),
                         name_of);

}  // namespace
}  // namespace nf
