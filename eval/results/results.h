#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eval/design/design.h"
#include "eval/design/search_key.h"
#include "eval/metrics/metric_registry.h"
#include "eval/metrics/task_figures.h"
#include "eval/records/record.h"

namespace nf {

class FollowedSearches;

/// What one row of results is about: one model × trial × sweep point × repeat, in the experiment's
/// order.
struct RowKey {
  /// Whose records count. Several rows may share one: repeats of what draws nothing.
  std::string id;
  std::string name;  ///< "baseline" for the baseline
  std::string model{};
  std::optional<std::uint64_t> seed{};
  Json vars = Json::object();
  Design design{};  ///< which generator made the trial
  /// A stop rule looked at KL after every stage: its interval is the one that holds at all of them.
  bool stops = false;
  /// Of a search (`bisect`): what says how far it has come. `id` and vars["bisect"] are then those
  /// of its best step, empty and missing before the first.
  std::optional<SearchKey> search{};
};

/// One row of results.csv: all records with the row's id together. A failed row has no numbers.
struct ResultRow {
  RowKey key;
  std::string status = "ok";
  std::string error{};
  std::vector<WindowSums> windows{};      ///< in ascending order, each once
  WindowSums sums{};                      ///< over all windows; `window` counts them
  std::vector<QuestionSums> questions{};  ///< in ascending order of task and question, each once
  /// Pooled over the sites: sqrt(Σ‖δ‖² / Σ‖x‖²). None where nothing of that tensor was distorted.
  std::optional<double> relative_l2_weight{}, relative_l2_input{};
  std::optional<StopState> stop{};  ///< where it ended early
  std::vector<SiteStats>
      sites{};  ///< each site once, over all windows, in order of first appearance

  bool failed() const { return status == "failed"; }
};

/// Joins records to rows. What is there twice (a window, a question, a block of a site) counts
/// once, the first time. Windows and questions are summed in ascending order and blocks as the tree
/// they are parts of, so that stages cut differently give the same bits. One failed record makes
/// its row fail. Rows without any record are left out.
std::vector<ResultRow> build_results(const std::vector<RowKey>& keys,
                                     const std::vector<Record>& records);

/// results.csv, RFC 4180, shortest round-trip decimals: one row per result, the columns are
/// results_columns(). A figure that nothing is known of is empty: of a failed row, of a text where
/// there is none, of a task without questions; and so are intervals of fewer than 8 blocks.
/// Intervals are at 95 %, over the text. tasks: the experiment's, in its order.
std::string results_csv(const std::vector<ResultRow>& rows,
                        const std::vector<TaskHeading>& tasks = {},
                        const MetricRegistry& metrics = MetricRegistry::builtin());
/// sites.csv: one row per trial and site: name, model, seed, one column per sweep variable, site,
/// elements, relative_l2, sqnr_db, max (of |δ|), mean (of δ), kurtosis, cosine, correlation (of |δ|
/// and |x|), and as shares in [0, 1]: energy_below_median (of ‖δ‖²), sign_flips, to_zero, clipped
/// (of the elements). Empty where it was not gathered.
std::string sites_csv(const std::vector<ResultRow>& rows);
/// The tables for the terminal, one of the text and one of the tasks: one line per trial and sweep
/// point, repeats joined, with each model's baseline first. Behind what is compared with the
/// baseline (Δnll, KL, the same top-1, Δacc in percent) stands ± the longer side of its 95 %
/// interval, over text or questions and seeds, over the blocks that all its rows and the baseline
/// have. Why rows failed or have no interval stands below. A search has a line for each seed and,
/// unless it has converged, its state behind the label; the runs of a factorial design are one line
/// that counts them. `columns`: the terminal's width, 0: as wide as it comes. searches: for the
/// states.
std::string results_table(const std::vector<ResultRow>& rows, Index columns,
                          const std::vector<TaskHeading>& tasks = {},
                          const FollowedSearches* searches = nullptr);

}  // namespace nf
