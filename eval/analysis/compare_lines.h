#pragma once

#include <string>
#include <vector>

#include "eval/analysis/compare.h"
#include "eval/records/run_manifest.h"
#include "eval/results/result_lines.h"

namespace nf {

/// Two lines that are to be compared. Points into the rows of the lines.
struct ComparedLines {
  const ResultLine* against = nullptr;
  const ResultLine* trial = nullptr;
};

/// Whether a line of the second selector is compared with a line of the first, both of one model.
/// The variables that both have must be equal, but for those that need not be (compare_trials()).
/// Each seed of a search is a line of its own, so two searches are compared seed by seed, unless
/// both selectors name what they found.
bool is_match(const RowKey& against, const RowKey& trial, const TrialSelector& first,
              const TrialSelector& second);

/// The pairs of one model, in the order of the selectors and then of the lines. Lines that pair
/// with none are told in `remarks`.
std::vector<ComparedLines> find_compared_lines(const ModelLines& model,
                                               const std::vector<TrialSelector>& selectors,
                                               std::vector<std::string>& remarks);

/// Each selected line of a model with each that stands behind it, the selectors one after the
/// other.
std::vector<ComparedLines> find_all_pairs(const ModelLines& model,
                                          const std::vector<TrialSelector>& selectors);

/// The variables of `against` that are not the same in `trial`: "g=64 k=2". selector: of `against`;
/// what it names is known.
std::string rest_of_point(const RowKey& against, const RowKey& trial,
                          const TrialSelector& selector);

/// The rows of two lines that are compared, and how. With paired seeds row s of the one has the
/// seed of row s of the other.
struct SeedPairs {
  std::vector<const ResultRow*> against{}, trial{};
  SeedPairing pairing = SeedPairing::each;
};
/// Both lines must have a row that did not fail.
SeedPairs pair_seeds(const ResultLine& against, const ResultLine& trial);

/// The baseline over the windows that all these rows have.
TextSums shared_text(const SeedPairs& rows, const ResultRow& baseline);
/// Whether each row is equal bit for bit to the one it is compared with, over the windows and
/// questions that both have.
bool are_equal(const SeedPairs& rows);

/// Remarks on the selected rows of a model that have not run, have failed, or are not finished, one
/// line for each of the three. data: it says how much text and how many questions there are;
/// nullptr: as much as the baseline has.
std::vector<std::string> missing_rows(const ModelLines& model, const std::vector<RowKey>& keys,
                                      const std::vector<TrialSelector>& selectors,
                                      const ModelIdentity* data);

}  // namespace nf
