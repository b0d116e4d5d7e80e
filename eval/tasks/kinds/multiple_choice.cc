#include "eval/tasks/characters.h"
#include "eval/tasks/task_registry.h"

namespace nf {
namespace {

/// A question about a passage, as BoolQ has them, is put in lm-eval's words.
std::string context_of(const TaskLine& line) {
  if (!line.has("passage")) return line.text("context");
  return line.text("passage") + "\nQuestion: " + line.text("context") + "?\nAnswer:";
}

QuestionText read(const TaskLine& line) {
  const std::string context = context_of(line);
  const std::vector<std::string> choices = line.choices("choices");
  QuestionText question{.choices = {}, .gold = line.number("gold", std::ssize(choices))};
  for (const std::string& choice : choices) {
    question.choices.push_back({context, " " + choice});
    question.characters.push_back(count_characters(choice));
  }
  return question;
}

void judge(const Question& question, QuestionSums& sums) {
  sums.correct = best_choice(sums.parts) == question.gold;
  sums.correct_norm = best_choice(sums.parts, question.characters) == question.gold;
}

}  // namespace

void register_multiple_choice(TaskRegistry& registry) {
  registry.add({.name = "multiple_choice",
                .summary = "each choice, joined to the context by a space, is scored; acc: the "
                           "greatest log-likelihood is the right choice's, acc_norm: the greatest "
                           "log-likelihood per character of the choice is",
                .line = R"(`{"context": "...", "choices": ["...", "..."], "gold": 0}`, and )"
                        R"(`"passage": "..."` where the context is a question about one)",
                .read = read,
                .judge = judge});
}

}  // namespace nf
