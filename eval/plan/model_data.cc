#include "eval/plan/model_data.h"

#include <fmt/format.h>

#include <iterator>

#include "core/base/error.h"
#include "core/text/tokenizer.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

/// The part of the questions that records depend on beside the items' sums.
std::string questions_text(const std::vector<Question>& questions) {
  std::string text;
  for (const Question& question : questions) {
    text += fmt::format(";{}/{}/{}", question.task, question.question, question.gold);
    for (const Index characters : question.characters) text += fmt::format(",{}", characters);
  }
  return text;
}

/// Adds the tasks' questions behind the windows.
void add_questions(const Experiment& experiment, const ExperimentModel& model, ModelData& data) {
  const DecoderSpec& spec = model.decoder.spec();
  TaskQuestions tasks =
      read_tasks(experiment.config.tasks, Tokenizer::load(model.path.resolved),
                 spec.max_position_embeddings, spec.bos_token_id, experiment.kinds->tasks);
  std::move(tasks.items.begin(), tasks.items.end(), std::back_inserter(data.set.items));
  std::move(tasks.warnings.begin(), tasks.warnings.end(), std::back_inserter(data.warnings));
  data.questions = std::move(tasks.questions);
  for (const Question& question : data.questions)
    data.set.names.push_back(fmt::format("question {} of {}", question.question, question.task));
  data.hash = hash_items(data.set.items, data.convention + questions_text(data.questions));
}

/// Nobody else would notice that the model lacks the last token of a choice.
void check_vocabulary(const EvalSet& set, const ExperimentModel& model) {
  const Index vocab_size = model.decoder.spec().vocab_size;
  const auto check = [&](Index item, Index id) {
    if (id < 0 || id >= vocab_size)
      throw DataError(
          fmt::format("{}: {} has the token {}, the model's vocab_size is {}: is the tokenizer "
                      "another model's?",
                      model.path.resolved.string(), set.name(item), id, vocab_size));
  };
  for (Index i = 0; i < set.count(); ++i) {
    for (const std::int32_t id : set.item(i).ids) check(i, id);
    for (const Target& target : set.item(i).targets) check(i, target.token);
  }
}

}  // namespace

std::map<std::pair<std::string, Index>, Index> question_items(const ModelData& data) {
  std::map<std::pair<std::string, Index>, Index> items;
  for (std::size_t q = 0; q < data.questions.size(); ++q)
    items[{data.questions[q].task, data.questions[q].question}] =
        data.set.windows + static_cast<Index>(q);
  return items;
}

std::vector<std::pair<std::string, Index>> question_counts(const ModelData& data) {
  std::vector<std::pair<std::string, Index>> counts;
  for (const Question& question : data.questions) {
    if (counts.empty() || counts.back().first != question.task)
      counts.emplace_back(question.task, 0);
    ++counts.back().second;
  }
  return counts;
}

ModelData text_data(const TokenWindows& windows) {
  ModelData data{.set = {.items = windows.items(), .names = {}, .windows = windows.count()},
                 .convention = windows.convention(),
                 .questions = {},
                 .hash = windows.hash(),
                 .warnings = windows.warnings()};
  for (Index w = 0; w < windows.count(); ++w) data.set.names.push_back(fmt::format("window {}", w));
  return data;
}

ModelData read_model_data(const Experiment& experiment, const ExperimentModel& model) {
  const ExperimentConfig& config = experiment.config;
  ModelData data;
  if (config.data)
    data = text_data(config.data->read_windows(model.path.resolved, model.decoder.spec()));
  if (!config.tasks.empty()) add_questions(experiment, model, data);
  check_vocabulary(data.set, model);
  return data;
}

}  // namespace nf
