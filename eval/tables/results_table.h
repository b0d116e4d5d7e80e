#pragma once

#include <string>
#include <vector>

#include "eval/results/followed_searches.h"
#include "eval/results/results.h"

namespace nf {

/// A limit on the lines of tables, and the command that shows the rest.
struct TableLimit {
  Index lines = 0;  ///< 0: all are shown
  std::string command{};

  /// The lines of each of so many parts, headings taken off; 0: all.
  Index lines_of(Index parts) const;
};

/// The tables for the terminal, one of the text and one of the tasks: one line per trial and sweep
/// point, repeats joined, with each model's baseline first. Figures compared with the baseline
/// (Δnll, KL, the same top-1, Δacc in percent) have ± the longer side of their 95 % interval behind
/// them, over text or questions and seeds, over the blocks that all rows of the line and the
/// baseline have. The reasons why rows failed or have no interval stand below. A search has a line
/// for each seed and, unless it has converged, its state behind the label; the runs of a factorial
/// design are one line that counts them. `columns`: the terminal's width, 0: as wide as it comes.
/// searches: for the states. limit: of the lines of all tables together.
std::string results_table(const std::vector<ResultRow>& rows, const MetricRegistry& metrics,
                          Index columns, const std::vector<TaskHeading>& tasks = {},
                          const FollowedSearches* searches = nullptr, const TableLimit& limit = {});

}  // namespace nf
