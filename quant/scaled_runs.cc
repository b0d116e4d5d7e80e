#include "quant/scaled_runs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "core/tensor/matrix.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

using Visit = std::function<void(const ScaledRun&)>;

/// Units fitted at a time. Side by side in a band of rows they make long runs for the prefetcher,
/// while a band of 128 rows still fits the L2 cache (512 kB) until its second visit.
constexpr Index kBatch = 1024;

/// Ranges and scales of a batch of units side by side.
struct Batch {
  std::array<float, kBatch> lowest{}, highest{}, scale{}, zero{}, limit{};

  void clear(Index n) {
    std::fill_n(lowest.begin(), n, std::numeric_limits<float>::infinity());
    std::fill_n(highest.begin(), n, -std::numeric_limits<float>::infinity());
  }
  void fit_range(const UnitFit& fit, Index count) {
    const auto n = static_cast<std::size_t>(count);
    fit.fit_range({lowest.data(), n}, {highest.data(), n}, {scale.data(), n}, {zero.data(), n});
  }
  void set(Index i, const MatrixScale& unit) {
    const auto at = static_cast<std::size_t>(i);
    scale[at] = unit.scale;
    zero[at] = unit.zero;
    limit[at] = unit.limit;
  }
};

/// The inputs of each group of columns; empty where the fit does not look at them.
std::vector<PartialProduct> products_of(const UnitFit& fit, Index group, Index cols,
                                        ConstMatrixView sample) {
  std::vector<PartialProduct> products;
  if (!fit.needs_inputs()) return products;
  NF_CHECK(sample.cols() == cols && sample.rows() > 0, "[{}, {}] inputs of {} columns",
           sample.rows(), sample.cols(), cols);
  for (Index col = 0; col < cols; col += group)
    products.emplace_back(sample.middle_cols(col, std::min(group, cols - col)));
  return products;
}

const PartialProduct* product_at(const std::vector<PartialProduct>& products, Index i) {
  return products.empty() ? nullptr : &products[static_cast<std::size_t>(i)];
}

/// Asks of one value after another what the grid counts: few runs have any.
void mark_clipped(const Grid& grid, const UnitScales& scales, ConstVectorView x,
                  std::uint8_t* marks) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t unit = scales.each ? i : 0;
    float level = 0.0f;
    if (grid.quantize({&x[i], 1}, {scales.scale + unit, scales.zero + unit, false}, {&level, 1}) >
        0)
      marks[i] = 1;
  }
}

void visit_matrix(const UnitFit& fit, ConstMatrixView x, ConstMatrixView sample,
                  const Visit& visit) {
  const std::vector<PartialProduct> products = products_of(fit, x.cols(), x.cols(), sample);
  for_each_scaled_run(fit.fit(x, product_at(products, 0)), x, visit);
}

void visit_row_groups(const UnitFit& fit, Index group, ConstMatrixView x, ConstMatrixView sample,
                      const Visit& visit) {
  const GridKernels& kernels = grid_kernels();
  const std::vector<PartialProduct> products = products_of(fit, group, x.cols(), sample);
  Batch batch;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
  const Index groups = (x.cols() + group - 1) / group;
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index first = 0; first < groups; first += kBatch) {
      const Index n = std::min(kBatch, groups - first);
      const auto col = [&](Index i) { return (first + i) * group; };
      const auto count = [&](Index i) { return std::min(group, x.cols() - col(i)); };
      if (fit.needs_values()) {
        for (Index i = 0; i < n; ++i)
          batch.set(i, fit.fit({x.row(r) + col(i), static_cast<std::size_t>(count(i))},
                               product_at(products, first + i)));
      } else {
        batch.clear(n);
        for (Index i = 0; i < n; ++i)
          kernels.range(x.row(r) + col(i), count(i), &batch.lowest[static_cast<std::size_t>(i)],
                        &batch.highest[static_cast<std::size_t>(i)]);
        batch.fit_range(fit, n);
      }
      for (Index i = 0; i < n; ++i)
        visit({r,
               col(i),
               count(i),
               {batch.scale.data() + i, batch.zero.data() + i, false},
               fit.needs_inputs() ? batch.limit.data() + i : nullptr});
    }
  }
}

void visit_column_groups(const UnitFit& fit, Index group, ConstMatrixView x, ConstMatrixView sample,
                         const Visit& visit) {
  const GridKernels& kernels = grid_kernels();
  const std::vector<PartialProduct> products = products_of(fit, 1, x.cols(), sample);
  Batch batch;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
  Matrix columns;
  for (Index top = 0; top < x.rows(); top += group) {
    const Index bottom = std::min(top + group, x.rows());
    for (Index col = 0; col < x.cols(); col += kBatch) {
      const Index n = std::min(kBatch, x.cols() - col);
      if (fit.needs_values()) {
        columns.resize(n, bottom - top);
        transpose(x.middle_rows(top, bottom - top).middle_cols(col, n), columns);
        for (Index i = 0; i < n; ++i)
          batch.set(i, fit.fit({columns.view().row(i), static_cast<std::size_t>(bottom - top)},
                               product_at(products, col + i)));
      } else {
        batch.clear(n);
        for (Index r = top; r < bottom; ++r)
          kernels.range_each(x.row(r) + col, n, batch.lowest.data(), batch.highest.data());
        batch.fit_range(fit, n);
      }
      for (Index r = top; r < bottom; ++r)
        visit({r,
               col,
               n,
               {batch.scale.data(), batch.zero.data(), true},
               fit.needs_inputs() ? batch.limit.data() : nullptr});
    }
  }
}

/// out ← the values of the run within its limits. x and out may be the same.
void clamp_to_limits(const ScaledRun& run, ConstVectorView x, VectorView out) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float limit = run.limit[run.scales.each ? i : 0];
    out[i] = std::isnan(x[i]) ? x[i] : std::clamp(x[i], -limit, limit);
  }
}

}  // namespace

void for_each_scaled_run(const UnitFit& fit, const Unit& unit, ConstMatrixView x,
                         ConstMatrixView sample,
                         const std::function<void(const ScaledRun&)>& visit) {
  if (x.empty()) return;
  switch (unit.kind) {
    case Unit::Kind::tensor:
      return visit_matrix(fit, x, sample, visit);
    case Unit::Kind::channel:
    case Unit::Kind::token:
      return visit_row_groups(fit, x.cols(), x, sample, visit);
    case Unit::Kind::group:
    case Unit::Kind::group_in:
      break;
  }
  NF_CHECK(unit.group >= 1, "group of {}", unit.group);
  if (unit.kind == Unit::Kind::group)
    return visit_row_groups(fit, std::min(unit.group, x.cols()), x, sample, visit);
  visit_column_groups(fit, std::min(unit.group, x.rows()), x, sample, visit);
}

void for_each_scaled_run(const MatrixScale& unit, ConstMatrixView x,
                         const std::function<void(const ScaledRun&)>& visit) {
  const bool is_clamped = unit.limit < std::numeric_limits<float>::infinity();
  for (Index r = 0; r < x.rows(); ++r)
    visit({r, 0, x.cols(), unit.scales(), is_clamped ? &unit.limit : nullptr});
}

Index quantize_run(const Grid& grid, const ScaledRun& run, ConstVectorView x, VectorView out,
                   std::uint8_t* marks) {
  const Index clipped = grid.quantize(x, run.scales, out);
  if (marks != nullptr && clipped > 0) mark_clipped(grid, run.scales, x, marks);
  if (run.limit == nullptr) return clipped;
  clamp_to_limits(run, x, out);
  grid.quantize(out, run.scales, out);
  return clipped;
}

void levels_around_run(const Grid& grid, const ScaledRun& run, ConstVectorView x, VectorView lower,
                       VectorView upper) {
  if (run.limit == nullptr) return grid.around(x, run.scales, lower, upper);
  std::vector<float> clamped(x.size());
  clamp_to_limits(run, x, clamped);
  grid.around(clamped, run.scales, lower, upper);
}

}  // namespace nf
