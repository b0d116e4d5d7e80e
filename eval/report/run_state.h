#pragma once

#include <string>
#include <vector>

#include "eval/report/report_run.h"

namespace nf {

/// How far a run has come, in rows of its results: seeds and sweep points each count.
struct RunState {
  Index planned = 0;   ///< that the experiment asks for, baselines too
  Index finished = 0;  ///< with all their text and questions, or stopped by their rule
  Index stopped = 0;   ///< of these, before the end of the text
  Index partial = 0;
  Index failed = 0;
  Index missing = 0;  ///< without any record

  bool is_complete() const { return partial == 0 && missing == 0; }
};

RunState state_of(const ReportRun& run);

/// "36 of 36 rows are finished." or what is missing, and that the run goes on or was killed.
std::string state_sentence(const ReportRun& run);

/// A line for each row that failed: "opt: w2: not finite ...", the first `most`, then how many
/// more.
std::vector<std::string> failures_of(const ReportRun& run, std::size_t most);

}  // namespace nf
