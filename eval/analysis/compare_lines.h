#pragma once

#include <string>
#include <vector>

#include "eval/analysis/compare.h"
#include "eval/records/run_manifest.h"
#include "eval/results/result_lines.h"

namespace nf {

/// Two lines that are to be compared. Points into the rows of the lines.
struct LinePair {
  const ResultLine* against = nullptr;
  const ResultLine* trial = nullptr;
};

/// Whether a line of the second selector is compared with a line of the first, both of one model:
/// where the variables that both have are equal, but for those that compare_trials() leaves out.
/// Each seed of a search is a line of its own, so two searches are compared seed by seed, unless
/// both selectors name what they found.
bool is_match(const RowKey& against, const RowKey& trial, const TrialSelector& first,
              const TrialSelector& second);

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

/// The baseline over the windows that all these rows have.
TextSums shared_text(const PairedRows& rows, const ResultRow& baseline);
/// Whether each row is equal bit for bit to the one it is compared with, over the windows and
/// questions that both have.
bool are_equal(const PairedRows& rows);

/// Of the selected rows of a model: what has not run, failed, or is not finished, in one line each
/// way. data: how much there is of text and questions; nullptr: what the baseline has.
std::vector<std::string> missing_rows(const ModelLines& model, const std::vector<RowKey>& keys,
                                      const std::vector<TrialSelector>& selectors,
                                      const ModelIdentity* data);

}  // namespace nf
