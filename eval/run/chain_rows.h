#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eval/plan/model_trial.h"
#include "perturb/row_source.h"

namespace nf {

/// A weight that is read in parts, as a chain of distortions makes it: the same bits as from the
/// whole. Shares its work out among the threads. Thread-safe.
class ChainRows {
 public:
  /// Finds out what each step must know of the whole matrix: reads x once or several times where a
  /// unit of a step spans it. knowledge: by step; empty where no step has needs. All must outlive
  /// this.
  ChainRows(const SiteChain& chain, std::uint64_t seed, const RowSource& x,
            std::span<const StepKnowledge> knowledge = {});

  /// Parts begin at a multiple of that many rows, and end at one or with the matrix.
  Index rows_together() const { return together_; }
  /// x ← rows [first, first + x.rows()) of the source, distorted ← x̃ of these. Both [n, cols].
  DistortionReport make(Index first, MatrixView x, MatrixView distorted) const;

 private:
  class Prefix;
  DistortionReport make(std::size_t steps, Index first, MatrixView x, MatrixView distorted) const;

  const SiteChain& chain_;
  DistortionContext context_;
  const RowSource& source_;
  std::span<const StepKnowledge> knowledge_;
  Index together_ = 1;
  std::vector<MatrixFiguresPtr> figures_;  ///< by step
};

}  // namespace nf
