#include "eval/tasks/task_registry.h"

namespace nf {
namespace {

QuestionText read(const TaskLine& line) {
  return {.choices = {{line.text("context"), line.text("target")}}, .gold = 0};
}

void judge(const Question&, QuestionSums& sums) {
  const PartSums& target = sums.parts.front();
  sums.correct = target.greedy == target.tokens;
}

}  // namespace

void register_last_word(TaskRegistry& registry) {
  registry.add({.name = "last_word",
                .summary = "the target, joined to the context as it is, is scored, as LAMBADA "
                           "does; acc: each of its tokens is the most probable one, ppl: "
                           "e^(mean negative log-likelihood of a target)",
                .line = R"(`{"context": "...", "target": " ..."}`)",
                .has_ppl = true,
                .read = read,
                .judge = judge});
}

}  // namespace nf
