#pragma once

#include <string>
#include <vector>

#include "eval/metrics/task_figures.h"
#include "eval/tasks/question_item.h"
#include "eval/tasks/task_config.h"

namespace nf {

/// The places of questions in the draws. Question q of the task at place p (from 0) begins at row
/// (p + 1)·2^40 + q·2^20: behind any text, no two questions overlap, and row·features stays within
/// 63 bits up to 2^17 features.
inline constexpr Index kMostTasks = 32;
inline constexpr Index kRowsOfATask = Index{1} << 40;
inline constexpr Index kRowsOfAQuestion = Index{1} << 20;

/// The questions of all tasks as one model reads them.
struct TaskQuestions {
  std::vector<EvalItem> items;      ///< task by task, each in the order of its file
  std::vector<Question> questions;  ///< one beside each item
  std::vector<std::string> warnings;
};

/// Reads the files and encodes them. positions: of the model's longest input; bos_token: its
/// bos_token_id, needed where a task asks for it. Throws DataError naming FILE:LINE.
TaskQuestions read_tasks(const std::vector<TaskConfig>& tasks, const Tokenizer& tokenizer,
                         Index positions, std::optional<Index> bos_token,
                         const TaskRegistry& kinds);

/// The tasks as results name them, in the experiment's order.
std::vector<TaskHeading> task_headings(const std::vector<TaskConfig>& tasks,
                                       const TaskRegistry& kinds);

}  // namespace nf
