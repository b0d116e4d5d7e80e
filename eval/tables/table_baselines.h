#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// The baselines that tables hold rows against, by model. Points to rows that others hold.
class TableBaselines {
 public:
  TableBaselines() = default;
  explicit TableBaselines(const std::vector<ResultRow>& rows);

  /// Takes a baseline up; other rows are passed over.
  void add(const ResultRow& row);
  /// The last one of a model, failed or not; nullptr where there is none.
  const ResultRow* last(const std::string& model) const;
  /// The one that the text of a row is held against, the last that did not fail: nullptr for that
  /// itself, for a row that failed, and where there is none.
  const ResultRow* against(const ResultRow& row) const;

 private:
  std::map<std::string, const ResultRow*> last_, last_whole_;
};

}  // namespace nf
