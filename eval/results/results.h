#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eval/metrics/task_figures.h"
#include "eval/metrics/text_sums.h"
#include "eval/records/model_identity.h"
#include "eval/records/record.h"
#include "eval/records/row_key.h"

namespace nf {

/// One row of results.csv: all records with the row's id together. A failed row has no numbers.
struct ResultRow {
  RowKey key;
  Status status = Status::ok;
  std::string error{};
  std::vector<WindowSums> windows{};      ///< in ascending order, each once
  TextSums text{};                        ///< all windows together
  std::vector<QuestionSums> questions{};  ///< in ascending order of task and question, each once
  /// Pooled over the sites: sqrt(Σ‖δ‖² / Σ‖x‖²). None where nothing of that tensor was distorted.
  std::optional<double> relative_l2_weight{}, relative_l2_input{};
  std::optional<StopState> stop{};  ///< where it ended early
  /// KL per token of the model's floor, what rounding alone makes; none where it has not run.
  std::optional<double> kl_floor{};
  std::vector<SiteStats>
      sites{};  ///< each site once, over all windows, in order of first appearance

  bool failed() const { return status == Status::failed; }
};

/// A KL below that many floors may be rounding.
inline constexpr double kFloorsToTrust = 4.0;
bool is_below_floor(double kl, double kl_floor);

/// Joins records to rows. A window, a question or a block of a site that is there twice counts
/// once, the first time. Windows and questions are summed in ascending order and blocks as the tree
/// they are parts of, so that stages cut differently give the same bits. One failed record makes
/// its row fail. Rows without any record are left out. A floor among the keys is no row, but gives
/// all rows of its model their kl_floor. A row that has less than there is (models; of a model that
/// they do not size, less than its baseline) is partial, unless it stopped; the baseline stops with
/// the last of all others.
std::vector<ResultRow> build_results(const std::vector<RowKey>& keys,
                                     const std::vector<Record>& records,
                                     const std::vector<ModelIdentity>& models = {});
/// The same of records that nobody needs any more: windows, questions and sites of each are given
/// up once they are in a row, so that they are never there twice.
std::vector<ResultRow> build_results(const std::vector<RowKey>& keys, std::vector<Record>&& records,
                                     const std::vector<ModelIdentity>& models = {});
/// One row alone, of the records of its id in their order, none of which is given up; as long as no
/// RowContext has finished it, it says neither that it is partial nor what its floor is.
ResultRow build_row(const RowKey& key, const std::vector<Record>& records);
/// The floors among the keys, joined in the same way.
std::vector<ResultRow> build_floors(const std::vector<RowKey>& keys,
                                    const std::vector<Record>& records);

}  // namespace nf
