#include "eval/tasks/task_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/check.h"
#include "core/base/parallel.h"

namespace nf {
namespace {

EvalItem read_item(const QuestionText& text, const Tokenizer& tokenizer, const TaskModel& model,
                   const std::string& place) {
  EvalItem item = question_item(encode_choices(text.choices, tokenizer, model, place));
  if (item.layout.rows() > kRowsOfAQuestion)
    throw DataError(fmt::format("{}: {} rows are more than the {} that a question may have", place,
                                item.layout.rows(), kRowsOfAQuestion));
  return item;
}

/// The examples that stand before each question of a task, as lm-eval joins them: the context and
/// the right continuation of each, an empty line behind it (ContextSampler.get_context, 0.4, with
/// its default delimiters). Empty where the task has none.
std::string examples_text(const TaskConfig& task, const TaskKind& kind) {
  std::string text;
  if (task.shots() == 0) return text;
  const std::vector<TaskLine> lines = read_task_lines(task.examples->resolved, task.shots());
  if (std::ssize(lines) < task.shots())
    throw DataError(fmt::format("{}: {} examples, few_shot of task '{}' asks for {}",
                                task.examples->resolved.string(), lines.size(), task.name,
                                task.shots()));
  for (const TaskLine& line : lines) text += kind.read(line).right_text() + "\n\n";
  return text;
}

bool is_own_file(const TaskConfig& task) {
  return task.shots() > 0 &&
         std::filesystem::equivalent(task.file.resolved, task.examples->resolved);
}

void read_task(const TaskConfig& task, const TaskKind& kind, Index first_row,
               const Tokenizer& tokenizer, const TaskModel& model, TaskQuestions& all) {
  const std::vector<TaskLine> lines = read_task_lines(task.file.resolved, task.limit.value_or(-1));
  const Index count = std::ssize(lines);
  if (count > kRowsOfATask / kRowsOfAQuestion)
    throw DataError(fmt::format("{}: {} questions are more than the {} that a task may have",
                                task.file.resolved.string(), count,
                                kRowsOfATask / kRowsOfAQuestion));
  if (task.limit && count < *task.limit)
    all.warnings.push_back(fmt::format("{}: {} questions, {} were asked for",
                                       task.file.resolved.string(), count, *task.limit));
  if (is_own_file(task))
    all.warnings.push_back(
        fmt::format("{}: examples and questions of task '{}' are of one file: "
                    "the first {} questions stand there with their answers",
                    task.file.resolved.string(), task.name, std::min(task.shots(), count)));
  const std::string examples = examples_text(task, kind);
  std::vector<EvalItem> items(lines.size());
  std::vector<Question> questions(lines.size());
  parallel_for(count, [&](Index q) {
    const auto i = static_cast<std::size_t>(q);
    QuestionText text = kind.read(lines[i]);
    for (ChoiceText& choice : text.choices) choice.context = examples + choice.context;
    items[i] = read_item(text, tokenizer, model, lines[i].place());
    items[i].first_row = first_row + q * kRowsOfAQuestion;
    questions[i] = {.task = task.name,
                    .question = q,
                    .gold = text.gold,
                    .characters = std::move(text.characters),
                    .judge = kind.judge};
  });
  std::move(items.begin(), items.end(), std::back_inserter(all.items));
  std::move(questions.begin(), questions.end(), std::back_inserter(all.questions));
}

}  // namespace

TaskQuestions read_tasks(const std::vector<TaskConfig>& tasks, const Tokenizer& tokenizer,
                         Index positions, std::optional<Index> bos_token,
                         const TaskRegistry& kinds) {
  NF_CHECK(std::ssize(tasks) <= kMostTasks, "{} tasks", tasks.size());
  TaskQuestions all;
  Index first_row = kRowsOfATask;
  for (const TaskConfig& task : tasks) {
    TaskModel model{.positions = positions, .bos_token = {}};
    if (task.bos) {
      NF_CHECK(bos_token.has_value(), "task {} wants a bos token", task.name);
      model.bos_token = static_cast<std::int32_t>(*bos_token);
    }
    read_task(task, kinds.at(task.kind), first_row, tokenizer, model, all);
    first_row += kRowsOfATask;
  }
  return all;
}

std::vector<TaskHeading> task_headings(const std::vector<TaskConfig>& tasks,
                                       const TaskRegistry& kinds) {
  std::vector<TaskHeading> headings;
  for (const TaskConfig& task : tasks)
    headings.push_back({task.name, kinds.at(task.kind).has_ppl, task.shots()});
  return headings;
}

}  // namespace nf
