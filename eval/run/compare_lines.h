#pragma once

#include <string>
#include <vector>

#include "eval/run/compare.h"
#include "eval/run/results_lines.h"

namespace nf {

/// Two lines that are to be compared. Points into the rows of the lines.
struct LinePair {
  const ResultLine* against = nullptr;
  const ResultLine* trial = nullptr;
};

/// The pairs of one model, in the order of the selectors and then of the lines; and in `remarks`
/// the lines that pair with none.
std::vector<LinePair> pair_lines(const ModelLines& model,
                                 const std::vector<TrialSelector>& selectors,
                                 std::vector<std::string>& remarks);

/// What stands in `against` and is not the same in `trial`: "g=64 k=2".
std::string rest_of_point(const RowKey& against, const RowKey& trial);

/// The rows of two lines that are compared, and how. Of paired seeds row s of the one has the seed
/// of row s of the other.
struct PairedRows {
  std::vector<const ResultRow*> against{}, trial{};
  SeedPairing pairing = SeedPairing::each;
};
/// Both have a row that did not fail.
PairedRows pair_rows(const ResultLine& against, const ResultLine& trial);

/// Of the selected rows of a model: what has not run, failed, or is not finished.
std::vector<std::string> missing_rows(const ModelLines& model, const std::vector<RowKey>& keys,
                                      const std::vector<TrialSelector>& selectors);

}  // namespace nf
