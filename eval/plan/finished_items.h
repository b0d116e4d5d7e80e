#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "eval/plan/stage.h"
#include "eval/run/model_data.h"
#include "eval/run/record.h"

namespace nf {

/// Which items of one model each trial has finished, out of its records.
class FinishedItems {
 public:
  /// data must outlive this. records: of earlier runs.
  explicit FinishedItems(const ModelData& data, const std::vector<Record>& records = {});

  /// A trial that failed has finished everything: it would fail again. One that was stopped has
  /// finished the text.
  void note(const Record& record);
  bool has(const std::string& id, const Stage& stage) const;
  bool has_any(const std::string& id) const { return items_.contains(id); }
  bool has_all(const std::string& id) const;
  /// The windows of a trial, by number.
  const std::map<Index, WindowSums>& windows(const std::string& id) const;

 private:
  const ModelData& data_;
  std::map<std::pair<std::string, Index>, Index> questions_;  ///< their items' numbers
  std::map<std::string, std::set<Index>> items_;              ///< by id
  std::map<std::string, std::map<Index, WindowSums>> windows_;
};

}  // namespace nf
