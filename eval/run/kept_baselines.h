#pragma once

#include <map>

#include "core/tensor/matrix.h"
#include "eval/data/eval_set.h"
#include "eval/plan/stage.h"

namespace nf {

/// The baseline's inputs of the head, item by item, kept for later lanes over the same items.
class KeptBaselines {
 public:
  /// set must outlive this. most_bytes: what it may hold.
  KeptBaselines(const EvalSet& set, double most_bytes) : set_(set), most_bytes_(most_bytes) {}

  bool has(const Stage& stage) const;
  /// The rows of a stage, which are held no longer then. [R, E], empty where some are not there.
  Matrix take(const Stage& stage);
  /// scored: the rows of a stage, [R, E]. Those for which there is no room are not kept.
  void keep(const Stage& stage, const Matrix& scored);
  double bytes() const { return bytes_; }

 private:
  const EvalSet& set_;
  double most_bytes_;
  double bytes_ = 0.0;
  std::map<Index, Matrix> by_item_;
};

/// The rows of some of a stage's items. scored: of the stage, [R, E]; where it is empty, so is the
/// result.
Matrix scored_part(const Matrix& scored, const EvalSet& set, const Stage& stage, const Stage& part);

}  // namespace nf
