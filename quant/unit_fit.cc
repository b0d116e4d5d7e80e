#include "quant/unit_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "quant/percentile.h"

namespace nf {
namespace {

/// Candidates and exponent of `range: mse` (GPTQ's own code, 2210.17323: maxshrink 0.8, grid 100,
/// norm 2.4) and of `range: awq` (llm-awq's auto_clip: n_grid 20, max_shrink 0.5).
constexpr Index kMseCandidates = 80, kMseSteps = 100;
constexpr double kMseExponent = 2.4;
constexpr Index kAwqCandidates = 10, kAwqSteps = 20;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float shrunk(float end, Index i, Index steps) {
  return end * static_cast<float>(1.0 - static_cast<double>(i) / static_cast<double>(steps));
}

/// One candidate: a scale, and the sum that its rounding has come to.
struct Candidate {
  MatrixScale unit;
  double loss = 0.0;
};

void widen_to_zero(float& lowest, float& highest) {
  if (!(lowest <= highest)) return;  // no values but NaNs
  lowest = std::min(lowest, 0.0f);
  highest = std::max(highest, 0.0f);
  if (lowest == highest) {
    lowest = -1.0f;
    highest = 1.0f;
  }
}

MatrixScale fit_ends(const Grid& grid, float lowest, float highest) {
  MatrixScale unit;
  grid.fit({&lowest, 1}, {&highest, 1}, {&unit.scale, 1}, {&unit.zero, 1});
  return unit;
}

/// δ of the row, clamped and rounded under the candidate.
void round_row(const Grid& grid, ConstVectorView row, const MatrixScale& unit, VectorView rounded) {
  if (!std::isfinite(unit.limit)) {
    grid.quantize(row, unit.scales(), rounded);
    return;
  }
  for (std::size_t i = 0; i < row.size(); ++i)
    rounded[i] = std::clamp(row[i], -unit.limit, unit.limit);
  grid.quantize(rounded, unit.scales(), rounded);
}

/// The rows of a unit, as fit_rows() walks over them.
struct HeldUnit {
  ConstMatrixView x;

  template <class Use>
  void each(Use use) const {
    for (Index r = 0; r < x.rows(); ++r)
      use(ConstVectorView(x.row(r), static_cast<std::size_t>(x.cols())));
  }
  PercentileRange percentiles(double percent, bool of_magnitude) const {
    return percentile_range(x, percent, of_magnitude);
  }
};
struct ReadUnit {
  const RowSource& x;

  template <class Use>
  void each(Use use) const {
    for_each_part(x, 1, [&](Index, ConstMatrixView part) { HeldUnit{part}.each(use); });
  }
  PercentileRange percentiles(double percent, bool of_magnitude) const {
    return percentile_range(x, percent, of_magnitude);
  }
};

}  // namespace

UnitFit::UnitFit(std::shared_ptr<const Grid> grid, RangeRule rule, bool zero_in_range)
    : grid_(std::move(grid)), rule_(rule), zero_in_range_(zero_in_range) {
  NF_CHECK(grid_ != nullptr, "no grid");
}

void UnitFit::fit_range(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
                        VectorView zero) const {
  NF_CHECK(!needs_values(), "the ends of a range alone");
  if (!zero_in_range_) return grid_->fit(lowest, highest, scale, zero);
  std::vector<float> low(lowest.begin(), lowest.end()), high(highest.begin(), highest.end());
  for (std::size_t i = 0; i < low.size(); ++i) widen_to_zero(low[i], high[i]);
  grid_->fit(low, high, scale, zero);
}

MatrixScale UnitFit::fit(ConstVectorView values, const PartialProduct* inputs) const {
  const auto n = static_cast<Index>(values.size());
  return fit(ConstMatrixView(values.data(), 1, n, n), inputs);
}

MatrixScale UnitFit::fit(ConstMatrixView x, const PartialProduct* inputs) const {
  return fit_rows(HeldUnit{x}, inputs);
}

MatrixScale UnitFit::fit(const RowSource& x, const PartialProduct* inputs) const {
  return fit_rows(ReadUnit{x}, inputs);
}

template <class Rows>
MatrixScale UnitFit::fit_rows(const Rows& rows, const PartialProduct* inputs) const {
  float lowest = kInfinity, highest = -kInfinity;
  rows.each([&](ConstVectorView row) {
    grid_kernels().range(row.data(), static_cast<Index>(row.size()), &lowest, &highest);
  });
  const bool is_finite = std::isfinite(lowest) && std::isfinite(highest);
  if (is_finite && rule_.kind == RangeRule::Kind::percentile) {
    const PercentileRange range = rows.percentiles(rule_.percentile, grid_->is_symmetric());
    lowest = range.lowest;
    highest = range.highest;
  } else if (is_finite && needs_values()) {
    return search(rows, lowest, highest, inputs);
  }
  if (zero_in_range_) widen_to_zero(lowest, highest);
  return fit_ends(*grid_, lowest, highest);
}

/// The first candidate with the smallest loss; losses are summed row by row, so that a matrix read
/// in parts has the same.
template <class Rows>
MatrixScale UnitFit::search(const Rows& rows, float lowest, float highest,
                            const PartialProduct* inputs) const {
  const bool is_awq = rule_.kind == RangeRule::Kind::awq;
  NF_CHECK(!is_awq || inputs != nullptr, "no inputs of the unit's columns");
  std::vector<Candidate> candidates(
      static_cast<std::size_t>(is_awq ? kAwqCandidates : kMseCandidates));
  if (zero_in_range_ && !is_awq) widen_to_zero(lowest, highest);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto step = static_cast<Index>(i);
    if (is_awq) {
      const float limit = shrunk(largest_magnitude(lowest, highest), step, kAwqSteps);
      float low = std::clamp(lowest, -limit, limit), high = std::clamp(highest, -limit, limit);
      if (zero_in_range_) widen_to_zero(low, high);
      candidates[i].unit = fit_ends(*grid_, low, high);
      if (step > 0) candidates[i].unit.limit = limit;
    } else {
      candidates[i].unit =
          fit_ends(*grid_, shrunk(lowest, step, kMseSteps), shrunk(highest, step, kMseSteps));
    }
  }
  std::vector<float> rounded;
  rows.each([&](ConstVectorView row) {
    rounded.resize(row.size());
    for (Candidate& candidate : candidates) {
      round_row(*grid_, row, candidate.unit, rounded);
      if (is_awq) {
        for (std::size_t k = 0; k < row.size(); ++k)
          rounded[k] = std::isnan(row[k]) ? 0.0f : rounded[k] - row[k];
        candidate.loss += inputs->squared_error(rounded);
      } else {
        candidate.loss += grid_kernels().power_error(row.data(), rounded.data(),
                                                     static_cast<Index>(row.size()), kMseExponent);
      }
    }
  });
  const Candidate* best = candidates.data();
  for (const Candidate& candidate : candidates)
    if (candidate.loss < best->loss) best = &candidate;
  return best->unit;
}

}  // namespace nf
