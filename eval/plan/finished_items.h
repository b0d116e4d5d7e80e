#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "eval/plan/model_data.h"
#include "eval/plan/stage.h"
#include "eval/records/record.h"

namespace nf {

/// The items of one model that each trial has finished, as its records show.
class FinishedItems {
 public:
  /// data must outlive this. records: of earlier runs.
  explicit FinishedItems(const ModelData& data, const std::vector<Record>& records = {});

  /// A trial that failed has finished everything: it would fail again. One that was stopped has
  /// finished the text once everything is there that it had seen by then.
  void note(const Record& record);
  bool has(const std::string& id, const Stage& stage) const;
  /// Whether statistics of its distorted weights are there: one record of a trial has them.
  bool has_weights(const std::string& id) const { return with_weights_.contains(id); }
  bool has_all(const std::string& id) const;
  /// The number of a stage's items that a trial has.
  Index count(const std::string& id, const Stage& stage) const;
  /// The stage cut into parts of which each of these trials has all items, or none. In the order of
  /// their first items.
  std::vector<Stage> uniform_parts(const Stage& stage, const std::vector<std::string>& ids) const;
  /// The windows of a trial, by number.
  const std::map<Index, WindowSums>& windows(const std::string& id) const;

 private:
  const ModelData& data_;
  std::map<std::pair<std::string, Index>, Index> questions_;  ///< their items' numbers
  std::map<std::string, std::set<Index>> items_;              ///< by id
  std::map<std::string, std::map<Index, WindowSums>> windows_;
  std::set<std::string> with_weights_;
  std::map<std::string, Index> stopped_;  ///< by id: tokens seen when it stopped
};

}  // namespace nf
