#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "eval/data/eval_set.h"
#include "eval/experiment/experiment.h"
#include "eval/tasks/question.h"

namespace nf {

/// The data of an experiment, as one model reads them.
struct ModelData {
  EvalSet set;
  std::string convention;           ///< of the windows; empty without text
  std::vector<Question> questions;  ///< of the items behind the windows
  std::string hash;                 ///< the same hash, the same numbers
  std::vector<std::string> warnings;
};

/// Throws DataError where a file cannot be read or has nothing to score, and for a token outside
/// the model's vocabulary.
ModelData read_model_data(const Experiment& experiment, const ExperimentModel& model);

/// The items' numbers of questions, by task and question.
std::map<std::pair<std::string, Index>, Index> question_items(const ModelData& data);

/// Number of questions of each task, in the order of the tasks.
std::vector<std::pair<std::string, Index>> question_counts(const ModelData& data);

/// The data of a text alone.
ModelData text_data(const TokenWindows& windows);

}  // namespace nf
