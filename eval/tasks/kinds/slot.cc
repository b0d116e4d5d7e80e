#include "eval/tasks/characters.h"
#include "eval/tasks/task_registry.h"

namespace nf {
namespace {

QuestionText read(const TaskLine& line) {
  const std::string text = line.text("context");
  const std::size_t slot = text.find('_');
  if (slot == std::string::npos) line.fail("\"context\" has no slot '_'");
  const std::string rest(without_spaces_around(std::string_view(text).substr(slot + 1)));
  if (rest.empty()) line.fail("nothing follows the slot '_' of \"context\"");
  const std::vector<std::string> choices = line.choices("choices");
  QuestionText question{.choices = {}, .gold = line.number("gold", std::ssize(choices))};
  for (const std::string& choice : choices)
    question.choices.push_back({text.substr(0, slot) + choice, " " + rest});
  return question;
}

void judge(const Question& question, QuestionSums& sums) {
  sums.correct = best_choice(sums.parts) == question.gold;
}

}  // namespace

void register_slot(TaskRegistry& registry) {
  registry.add({.name = "slot",
                .summary = "each choice stands for the context's first '_', and what follows it "
                           "is scored, as WinoGrande does; acc: the right choice makes it the "
                           "most probable",
                .line = R"(`{"context": "... _ ...", "choices": ["...", "..."], "gold": 0}`)",
                .read = read,
                .judge = judge});
}

}  // namespace nf
