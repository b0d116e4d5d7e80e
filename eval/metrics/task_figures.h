#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/metrics/question_sums.h"

namespace nf {

/// A task as results name it.
struct TaskHeading {
  std::string name;
  bool has_ppl = false;
  Index few_shot = 0;  ///< examples before each question
};

/// The figures of one task over its questions; none where there is nothing to say.
struct TaskFigures {
  Index questions = 0;
  std::optional<double> acc{};       ///< share of questions answered right
  std::optional<double> acc_norm{};  ///< the same by log-likelihood per character
  /// Standard error of acc as of a mean of independent questions, sqrt(acc·(1 − acc)/(n − 1));
  /// none of a single question.
  std::optional<double> acc_stderr{};
  std::optional<double> ppl{};  ///< e^(mean over questions of the first part's nll)
};

/// Looks at the questions of that name only, in their order. has_ppl false: no ppl.
TaskFigures task_figures(const TaskHeading& task, std::span<const QuestionSums> questions);

/// <name>_acc, <name>_acc_norm, <name>_stderr and, where it has one, <name>_ppl: the columns of
/// results.csv, and below their values in the same order.
std::vector<std::string> task_columns(const TaskHeading& task);
std::vector<std::optional<double>> task_values(const TaskHeading& task,
                                               std::span<const QuestionSums> questions);

}  // namespace nf
