#pragma once

#include <string>
#include <vector>

#include "eval/records/record.h"

namespace nf {

/// A figure that two records of one trial give differently.
struct RecordDifference {
  std::string where;   ///< "window 3", "question 2 of piqa", "layers.0.q_proj.weight"
  std::string figure;  ///< "nll", "choices[1].loglikelihood"
  std::string first, second;

  /// "window 3: nll: 20.5 and 20.25"
  std::string text() const;
};

/// Compares the parts that two records of one trial both hold, bit for bit: windows and questions
/// of the same number, weights, and blocks of the same windows of an input; in that order.
/// Everything that stands in a line of records.jsonl is compared, so new fields are too. A part
/// that only one of them has (an item, a figure that was not gathered) is no difference; `env` and
/// `run` may differ. Two records of which one failed are compared in that alone.
std::vector<RecordDifference> record_differences(const Record& first, const Record& second);

}  // namespace nf
