#pragma once

#include <memory>
#include <vector>

#include "core/tensor/matrix.h"
#include "core/tensor/symmetric_matrix.h"

namespace nf {

/// A distortion's needs: which statistics of the inputs of its linear it must be given before it
/// can act. Plain data, so that the needs of all that reads one tensor can be joined, and costed
/// before a run.
struct InputNeeds {
  bool ranges = false;         ///< by feature: extrema of x and |x|, sums of x, |x| and x²
  bool second_moment = false;  ///< Σ x·xᵀ
  bool sample = false;         ///< some rows of X as they are: InputStatistics::sample
  bool weight_ranges = false;  ///< by feature: the largest |w| of all linears that read the tensor
  bool replay = false;         ///< the sub-layer run again: DistortionContext::replay
  bool first_windows = false;  ///< X as it is in the first windows: InputStatistics::first_windows

  bool empty() const { return *this == InputNeeds{}; }
  /// Serves both.
  InputNeeds joined(const InputNeeds& other) const;
  /// Bytes of such statistics of a tensor with `in` features, at most. What a replay keeps, and
  /// the first windows, are left out: who asks for them knows how many tokens there are.
  double bytes(Index in) const;
  /// Operations that gathering them takes. `weight_ranges` are left out: they are not of tokens.
  double flops(Index tokens, Index in) const;

  friend bool operator==(const InputNeeds&, const InputNeeds&) = default;
};

/// A calibration set's size. T tokens in n windows.
struct CalibrationSize {
  Index tokens = 0;
  Index windows = 0;

  /// Tokens from one row of InputStatistics::sample to the next: max(1, ⌊T/512⌋), the stride at
  /// which AWQ looks for a range (arXiv 2306.00978; llm-awq, auto_clip.py, with n_sample_token =
  /// 512).
  Index sample_stride() const;
  /// Rows of the sample: tokens 0, k, 2k, ... below T.
  Index sample_rows() const;
  /// Windows that first_windows is of: the first 4, or all where there are fewer.
  Index first_windows() const;
  /// About as many tokens are in them.
  double first_tokens() const;
};

/// Statistics of the inputs X [T, in] that linears read of one tensor over a calibration set.
/// Immutable, and shared by all that reads the tensor. A part that nobody asked for is empty.
///
/// Sums are plain sums: methods disagree about what to divide by (GPTQ's H is 2/n · Σ x·xᵀ with n
/// windows, others take means over tokens), so each scales by `tokens` or `windows` itself, and
/// rounds once.
struct InputStatistics {
  Index in = 0;          ///< features of x
  CalibrationSize size;  ///< of the set

  std::vector<float> max_abs;                     ///< [in] max |x|, in the unit of x
  std::vector<float> lowest, highest;             ///< [in] min x, max x
  std::vector<double> sum, sum_abs, sum_squares;  ///< [in] Σ x, Σ |x|, Σ x²
  SymmetricMatrix second_moment;                  ///< [in, in] Σ x·xᵀ
  Matrix sample;                                  ///< [S, in] rows at tokens 0, k, 2k, ... of X
  Matrix first_windows;                           ///< [rows of the first windows, in] of X
  std::vector<float> max_abs_weight;              ///< [in] max |w|, in the unit of w

  /// Whether everything that is asked for is there.
  bool has(const InputNeeds& needs) const;
};
using InputStatisticsPtr = std::shared_ptr<const InputStatistics>;

}  // namespace nf
