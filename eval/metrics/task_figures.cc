#include "eval/metrics/task_figures.h"

#include <cmath>

namespace nf {

TaskFigures task_figures(const TaskHeading& task, std::span<const QuestionSums> questions) {
  TaskFigures figures;
  Index correct = 0, correct_norm = 0, with_norm = 0;
  double nll = 0.0;
  for (const QuestionSums& sums : questions) {
    if (sums.task != task.name) continue;
    ++figures.questions;
    correct += sums.correct ? 1 : 0;
    with_norm += sums.correct_norm ? 1 : 0;
    correct_norm += sums.correct_norm.value_or(false) ? 1 : 0;
    if (task.has_ppl && !sums.parts.empty()) nll += sums.parts.front().nll;
  }
  if (figures.questions == 0) return figures;
  const double n = static_cast<double>(figures.questions);
  const double acc = static_cast<double>(correct) / n;
  figures.acc = acc;
  if (with_norm == figures.questions) figures.acc_norm = static_cast<double>(correct_norm) / n;
  if (figures.questions > 1) figures.acc_stderr = std::sqrt(acc * (1.0 - acc) / (n - 1.0));
  if (task.has_ppl) figures.ppl = std::exp(nll / n);
  return figures;
}

std::vector<std::string> task_columns(const TaskHeading& task) {
  std::vector<std::string> columns = {task.name + "_acc", task.name + "_acc_norm",
                                      task.name + "_stderr"};
  if (task.has_ppl) columns.push_back(task.name + "_ppl");
  return columns;
}

std::vector<std::optional<double>> task_values(const TaskHeading& task,
                                               std::span<const QuestionSums> questions) {
  const TaskFigures figures = task_figures(task, questions);
  std::vector<std::optional<double>> values = {figures.acc, figures.acc_norm, figures.acc_stderr};
  if (task.has_ppl) values.push_back(figures.ppl);
  return values;
}

}  // namespace nf
