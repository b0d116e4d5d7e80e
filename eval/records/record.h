#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "eval/metrics/kl_tail.h"
#include "eval/metrics/metric_registry.h"
#include "eval/metrics/question_sums.h"
#include "eval/metrics/window_sums.h"
#include "eval/records/site_stats.h"
#include "eval/records/status.h"
#include "eval/records/stop_state.h"
#include "perturb/distortion_stats.h"

namespace nf {

/// The outcome of one trial for one stage: one line of records.jsonl.
struct Record {
  std::string id{};     ///< identity of the trial: same id, same bits
  std::string name{};   ///< the trial's name as written; "baseline" for the baseline
  std::string model{};  ///< the model's name in this run
  std::optional<std::uint64_t> seed{};  ///< none for the baseline
  Json vars = Json::object();           ///< the sweep point
  Status status = Status::ok;
  std::string error{};  ///< why it failed, else empty
  /// How windows are laid out and which tokens are scored: "window/1"; empty without text.
  std::string convention{};
  std::vector<WindowSums> windows{};      ///< in ascending order
  std::vector<QuestionSums> questions{};  ///< in the order of the tasks, then of their files
  /// Sums of weights stand in the trial's first stage only; those of inputs are of this stage.
  std::vector<SiteStats> sites{};
  std::optional<StopState> stop{};  ///< where the trial has a stopping rule and text in this stage
  Json env = Json::object();  ///< what may change bits between machines: ISA, library versions
  Json run = Json::object();  ///< what may differ between two runs of one trial: times, threads
  /// The tails of all windows together, where these do not have their own: it is never written.
  std::shared_ptr<const PackedKlTail> pooled_tail{};

  bool failed() const { return status == Status::failed; }
};

/// Pools the tails of the record's windows and drops them, where each scored window has one: a
/// tenth of the memory, for tables that tell of all windows together. None of its windows may stand
/// in another record then.
void pool_tails(Record& record);

/// One line, without the newline. Its "metrics" (each of `metrics`, then tokens) are derived on
/// writing; a figure without a finite value is null there. Of a failed record neither windows,
/// questions nor sites are written: they may hold anything.
std::string record_to_line(const Record& record, const MetricRegistry& metrics);
/// Keys it does not know are ignored: a newer program may have written them. Throws DataError with
/// `place` ("FILE:LINE") for a line that is no record of this program.
Record record_from_line(const std::string& line, const std::string& place);

}  // namespace nf
