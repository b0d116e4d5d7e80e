#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "eval/metrics/metric_registry.h"
#include "eval/metrics/question_sums.h"
#include "eval/metrics/window_sums.h"
#include "perturb/distortion_stats.h"

namespace nf {

/// δ at one site of one trial: at a weight, or at an input over a block of windows.
///
/// A block is dyadic: 2^k windows that begin at a multiple of 2^k, summed as a binary tree. The
/// sums over a text so have one order, wherever stages were cut, and a record still holds few of
/// them.
struct SiteStats {
  std::string site;  ///< "layers.3.q_proj.weight"
  DistortionStats stats{};
  /// False: only count, sum_x2, sum_d2 and clipped were gathered, so only the relative L2, the SQNR
  /// and the clipped share mean anything.
  bool complete = true;
  Index first_window = 0;  ///< of an input's block: an item's number in the evaluation
  Index windows = 0;       ///< in the block; 0 for a weight
};

/// Adds a part to `sites`, joining it with the blocks of the same site that it completes. The parts
/// of an input must come in ascending order of windows.
void add_site(const SiteStats& part, std::vector<SiteStats>& sites);

/// Where a trial with a stopping rule stood at the end of a stage.
struct StopState {
  bool reached = false;       ///< the trial stopped here
  Index blocks = 0;           ///< of text seen so far: documents, or windows
  Index tokens = 0;           ///< scored so far
  double kl = 0.0;            ///< mean over these tokens, nats
  double kl_halfwidth = 0.0;  ///< of its asymptotic confidence sequence; infinite with few blocks
};

/// What one trial has to show for one stage of windows: one line of records.jsonl.
struct Record {
  std::string id{};     ///< identity of the trial: same id, same bits
  std::string name{};   ///< the trial's name as written; "baseline" for the baseline
  std::string model{};  ///< the model's name in this run
  std::optional<std::uint64_t> seed{};  ///< none for the baseline
  Json vars = Json::object();           ///< the sweep point
  std::string status = "ok";            ///< or "failed"
  std::string error{};                  ///< why it failed, else empty
  /// How windows are laid out and which tokens are scored: "window/1"; empty without text.
  std::string convention{};
  std::vector<WindowSums> windows{};      ///< in ascending order
  std::vector<QuestionSums> questions{};  ///< in the order of the tasks, then of their files
  /// Weights: in the trial's first stage only; inputs: of this stage.
  std::vector<SiteStats> sites{};
  std::optional<StopState> stop{};  ///< where the trial has a stopping rule and text in this stage
  Json env = Json::object();  ///< what may change bits between machines: ISA, library versions
  Json run = Json::object();  ///< what may differ between two runs of one trial: times, threads
};

/// One line, without the newline. Its "metrics" (each of `metrics`, then tokens) are derived on
/// writing; a figure without a finite value is null there. Of a failed record neither windows,
/// questions nor sites are written: they may hold anything.
std::string record_to_line(const Record& record,
                           const MetricRegistry& metrics = MetricRegistry::builtin());
/// Keys it does not know are ignored: a newer program may have written them. Throws DataError with
/// `place` ("FILE:LINE") for a line that is no record of this program.
Record record_from_line(const std::string& line, const std::string& place);

}  // namespace nf
