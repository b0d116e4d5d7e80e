#include "eval/run/model_data.h"

#include <fmt/format.h>

#include <iterator>

#include "core/text/tokenizer.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

/// Everything of the questions that a record holds beside the items' sums.
std::string questions_text(const std::vector<Question>& questions) {
  std::string text;
  for (const Question& question : questions) {
    text += fmt::format(";{}/{}/{}", question.task, question.question, question.gold);
    for (const Index characters : question.characters) text += fmt::format(",{}", characters);
  }
  return text;
}

}  // namespace

ModelData text_data(const TokenWindows& windows) {
  ModelData data{.set = {.items = windows.items(), .names = {}, .windows = windows.count()},
                 .convention = windows.convention(),
                 .questions = {},
                 .hash = windows.hash(),
                 .warnings = windows.warnings()};
  for (Index w = 0; w < windows.count(); ++w) data.set.names.push_back(fmt::format("window {}", w));
  return data;
}

ModelData read_model_data(const ExperimentConfig& config, const ExperimentModel& model) {
  const DecoderSpec& spec = model.decoder.spec();
  ModelData data;
  if (config.data) data = text_data(config.data->read_windows(model.path.resolved, spec));
  if (config.tasks.empty()) return data;
  TaskQuestions tasks = read_tasks(config.tasks, Tokenizer::load(model.path.resolved),
                                   spec.max_position_embeddings, spec.bos_token_id);
  std::move(tasks.items.begin(), tasks.items.end(), std::back_inserter(data.set.items));
  std::move(tasks.warnings.begin(), tasks.warnings.end(), std::back_inserter(data.warnings));
  data.questions = std::move(tasks.questions);
  for (const Question& question : data.questions)
    data.set.names.push_back(fmt::format("question {} of {}", question.question, question.task));
  data.hash = hash_items(data.set.items, data.convention + questions_text(data.questions));
  return data;
}

}  // namespace nf
