#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// Finishes rows that build_row() has made, all of the experiment: what build_results() does with
/// them.
std::vector<ResultRow> finish_rows(std::vector<ResultRow> rows, const std::vector<RowKey>& keys,
                                   const std::vector<ModelIdentity>& models);

/// The kl_floor and the status of a row, as they follow from other rows of its model.
class RowContext {
 public:
  /// rows: at least the baselines and floors of all models, as build_row() makes them.
  RowContext(const std::vector<ResultRow>& rows, const std::vector<ModelIdentity>& models);

  /// Sets kl_floor, which is all of it that others read of a baseline.
  void set_floor(ResultRow& row) const;
  /// Sets kl_floor and, where it has less than there is, the status.
  void finish(ResultRow& row) const;
  /// The same of a baseline, which may have stopped. keys, rows: all of the experiment; of the rows
  /// neither windows, questions nor sites are looked at.
  void finish_baseline(const std::vector<RowKey>& keys, const std::vector<ResultRow>& rows,
                       ResultRow& baseline) const;

 private:
  /// Items that a model's rows have when they are finished.
  struct WholeData {
    Index windows = 0, questions = 0;
  };
  void finish(ResultRow& row, bool stopped) const;

  std::map<std::string, WholeData> whole_;  ///< by model
  std::map<std::string, double> floors_;    ///< by model
};

}  // namespace nf
