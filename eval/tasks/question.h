#pragma once

#include <string>
#include <vector>

#include "eval/metrics/question_sums.h"

namespace nf {

/// One choice as text: the continuation is scored, given the context.
struct ChoiceText {
  std::string context;
  std::string continuation;
};

/// One line of a task's file as a kind understands it: UTF-8, well formed.
struct QuestionText {
  std::vector<ChoiceText> choices;  ///< at least one
  Index gold = 0;                   ///< the right one
  /// Unicode characters of each choice as the file has it; empty where the kind has no acc_norm.
  std::vector<Index> characters{};

  /// The question with its right answer, as an example or a calibration text has it.
  std::string right_text() const {
    const ChoiceText& right = choices[static_cast<std::size_t>(gold)];
    return right.context + right.continuation;
  }
};

/// A question beside its EvalItem, part c of which is choice c.
struct Question {
  /// Sets the verdicts in `sums`, whose parts are filled in.
  using Judge = void (*)(const Question& question, QuestionSums& sums);

  std::string task;    ///< its name in the experiment
  Index question = 0;  ///< counted from the start of its file
  Index gold = 0;
  std::vector<Index> characters{};
  Judge judge = nullptr;  ///< the kind's

  /// parts: one for each choice.
  QuestionSums score(std::vector<PartSums> parts) const;
};

/// The choice with the greatest log-likelihood, each divided by `lengths` where there are any; the
/// first one where several are equal.
Index best_choice(const std::vector<PartSums>& parts, const std::vector<Index>& lengths = {});

}  // namespace nf
