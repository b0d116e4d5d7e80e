#pragma once

#include <fstream>
#include <string>

#include "core/base/error.h"
#include "eval/metrics/part_sums.h"
#include "eval/tasks/task_registry.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/temp_dir.h"

namespace nf {

/// One line as a kind understands it; it stands at f.jsonl:1.
inline QuestionText read_question(const std::string& kind, const std::string& line) {
  return builtin_tasks().at(kind).read(TaskLine(line, "f.jsonl:1"));
}

/// A question of that kind, its verdicts for log-likelihoods of its choices, one token each.
inline QuestionSums judged(const std::string& kind, Index gold,
                           const std::vector<double>& loglikelihoods,
                           const std::vector<Index>& characters = {}) {
  const Question question{.task = "t",
                          .question = 7,
                          .gold = gold,
                          .characters = characters,
                          .judge = builtin_tasks().at(kind).judge};
  std::vector<PartSums> parts;
  for (const double value : loglikelihoods) parts.push_back({.tokens = 1, .nll = -value});
  return question.score(parts);
}

/// The message of the DataError that `action` throws; "no error" when it throws none.
template <typename Action>
std::string data_error_of(const Action& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace nf
