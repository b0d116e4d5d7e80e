#pragma once

#include <map>

#include "eval/data/eval_set.h"
#include "eval/plan/stage.h"
#include "eval/run/baseline_rows.h"

namespace nf {

/// The baseline's rows, item by item, kept for later lanes over the same items.
class KeptBaselines {
 public:
  /// set must outlive this. most_bytes: what it may hold.
  KeptBaselines(const EvalSet& set, double most_bytes) : set_(set), most_bytes_(most_bytes) {}

  bool has(const Stage& stage) const;
  /// The rows of a stage, which are held no longer then; empty where some are not there.
  BaselineRows take(const Stage& stage);
  /// rows: those of a stage. What there is no room for is not kept.
  void keep(const Stage& stage, const BaselineRows& rows);
  double bytes() const { return bytes_; }

 private:
  const EvalSet& set_;
  double most_bytes_;
  double bytes_ = 0.0;
  std::map<Index, BaselineRows> by_item_;
};

/// The rows of some of a stage's items. rows: of the stage; where they are empty, so is the result.
BaselineRows part_of_rows(const BaselineRows& rows, const EvalSet& set, const Stage& stage,
                          const Stage& part);

}  // namespace nf
