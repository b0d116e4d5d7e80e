#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "eval/design/bisection.h"
#include "eval/records/run_manifest.h"
#include "eval/results/results.h"

namespace nf {

/// A search, as far as finished steps have brought it.
struct FollowedSearch {
  RowKey key;  ///< of its row in the results: id and vars["bisect"] are those of the best step
  Bisection bisection;
  std::vector<ResultRow> steps{};  ///< the values tried, in order

  /// The step of bisection.best(); null before the first.
  const ResultRow* best() const;

  /// The row of the step with a value once it is finished; none: the search waits for it.
  using FinishedStep = std::function<std::optional<ResultRow>(double value)>;
  /// Asks for steps and takes them in while they are finished, and brings `key` to the best. The
  /// one loop that moves a search, while it runs and when its records are read.
  /// baseline: of the model; where its record is missing (null) a search for ΔNLL waits.
  void follow(const FinishedStep& finished, const ResultRow* baseline);
};

/// The searches of a folder out of its records alone: each begins anew and is given what it asks
/// for while there is a finished record of it. So it stands where the run that left the records
/// stood, whichever runs and folders they came from.
class FollowedSearches {
 public:
  FollowedSearches() = default;  ///< none
  /// keys: those of all rows of the experiment, searches with RowKey::search. models: they say how
  /// much there is to finish.
  FollowedSearches(const std::vector<RowKey>& keys, const std::vector<ModelIdentity>& models,
                   const std::vector<Record>& records);

  /// The keys, those of searches brought to where they stand now; for the manifest.
  const std::vector<RowKey>& keys() const { return keys_; }
  /// The keys of the rows of the results: all but those of searches that have no step yet.
  std::vector<RowKey> rows() const;
  const std::vector<FollowedSearch>& searches() const { return searches_; }

 private:
  std::vector<RowKey> keys_;
  std::vector<FollowedSearch> searches_;
};

/// The metric of a finished step that a search looks at, KL or ΔNLL; infinite where the step
/// failed. None where the baseline's record is missing.
std::optional<double> searched_metric(BisectMetric metric, const ResultRow& step,
                                      const ResultRow* baseline);

/// The sweep point of a search, without the value that is searched for.
Json search_point(const RowKey& key);

/// Whether both are searches of one trial and sweep point on one model, with different draws.
bool same_search_point(const RowKey& a, const RowKey& b);
/// Searches of one trial and sweep point, in the order of the rows. Searches that share their
/// steps, since nothing is drawn, are there once, as the first of them.
using SearchSeeds = std::vector<const FollowedSearch*>;
/// The searches of all points, in the order of the rows. Points into `searches`.
std::vector<SearchSeeds> search_seeds(const FollowedSearches& searches);

}  // namespace nf
