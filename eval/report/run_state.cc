#include "eval/report/run_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/counted.h"
#include "eval/report/without_paths.h"

namespace nf {
namespace {

/// Whether the row ended before the last window of its model.
bool is_early(const ResultRow& row, const ReportRun& run) {
  if (!row.stop || !row.stop->reached) return false;
  const ModelIdentity* const model = find_sized_model(run.contents.manifest.models, row.key.model);
  return model != nullptr && row.text.windows < model->windows;
}

}  // namespace

RunState state_of(const ReportRun& run) {
  RunState state{.planned = std::ssize(run.keys)};
  for (const ResultRow& row : run.rows) {
    if (row.failed())
      ++state.failed;
    else if (row.status == Status::partial)
      ++state.partial;
    else
      ++state.finished;
    if (!row.failed() && is_early(row, run)) ++state.stopped;
  }
  state.missing = std::max<Index>(0, state.planned - std::ssize(run.rows));
  return state;
}

std::string state_sentence(const ReportRun& run) {
  const RunState state = state_of(run);
  std::vector<std::string> parts = {fmt::format(
      "{} of {} rows (trials by sweep point, seed and model, baselines too) are finished",
      state.finished, state.planned)};
  if (state.failed > 0) parts.push_back(fmt::format("{} failed", state.failed));
  if (state.partial > 0)
    parts.push_back(counted(state.partial, "has a part of the text", "have a part of the text"));
  if (state.missing > 0)
    parts.push_back(counted(state.missing, "has no record yet", "have no record yet"));
  std::string text = fmt::format("{}.", fmt::join(parts, ", "));
  if (state.stopped > 0)
    text += fmt::format(" {} stopped early by their rule, KL known well enough.", state.stopped);
  if (!state.is_complete())
    text +=
        " The run goes on, was killed, or is a shard: this page is of the records that are there, "
        "and its figures will change.";
  return text;
}

std::vector<std::string> failures_of(const ReportRun& run, std::size_t most) {
  std::vector<std::string> failures;
  std::size_t more = 0;
  for (const ResultRow& row : run.rows) {
    if (!row.failed()) continue;
    if (failures.size() == most) {
      ++more;
      continue;
    }
    failures.push_back(fmt::format("{}: {}{}: {}", row.key.model, condition_text(row.key),
                                   row.key.seed ? fmt::format(" (seed {})", *row.key.seed) : "",
                                   without_paths(row.error)));
  }
  if (more > 0) failures.push_back(fmt::format("and {} more", more));
  return failures;
}

}  // namespace nf
