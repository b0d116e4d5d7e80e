#include "quant/scaled_runs.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/check.h"

namespace nf {
namespace {

using Visit = std::function<void(const ScaledRun&)>;

/// Units fitted at a time. Side by side in a band of rows they make long runs for the prefetcher,
/// while a band of 128 rows still fits the L2 cache (512 kB) until its second visit.
constexpr Index kBatch = 1024;

/// Ranges and scales of a batch of units side by side.
struct Batch {
  std::array<float, kBatch> lowest{}, highest{}, scale{}, zero{};

  void clear(Index n) {
    std::fill_n(lowest.begin(), n, std::numeric_limits<float>::infinity());
    std::fill_n(highest.begin(), n, -std::numeric_limits<float>::infinity());
  }
  void fit(const Grid& grid, Index count) {
    const auto n = static_cast<std::size_t>(count);
    grid.fit({lowest.data(), n}, {highest.data(), n}, {scale.data(), n}, {zero.data(), n});
  }
};

/// The range of one unit, whose rows come in any number of parts.
class MatrixRange {
 public:
  void add(ConstMatrixView x) {
    for (Index r = 0; r < x.rows(); ++r)
      grid_kernels().range(x.row(r), x.cols(), &lowest_, &highest_);
  }
  MatrixScale fit(const Grid& grid) const {
    MatrixScale unit;
    grid.fit({&lowest_, 1}, {&highest_, 1}, {&unit.scale, 1}, {&unit.zero, 1});
    return unit;
  }

 private:
  float lowest_ = std::numeric_limits<float>::infinity();
  float highest_ = -std::numeric_limits<float>::infinity();
};

void visit_matrix(const Grid& grid, ConstMatrixView x, const Visit& visit) {
  MatrixRange range;
  range.add(x);
  const MatrixScale unit = range.fit(grid);
  for (Index r = 0; r < x.rows(); ++r) visit({r, 0, x.cols(), unit.scales()});
}

void visit_row_groups(const Grid& grid, Index group, ConstMatrixView x, const Visit& visit) {
  const GridKernels& kernels = grid_kernels();
  Batch batch;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
  const Index groups = (x.cols() + group - 1) / group;
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index first = 0; first < groups; first += kBatch) {
      const Index n = std::min(kBatch, groups - first);
      const auto col = [&](Index i) { return (first + i) * group; };
      const auto count = [&](Index i) { return std::min(group, x.cols() - col(i)); };
      batch.clear(n);
      for (Index i = 0; i < n; ++i)
        kernels.range(x.row(r) + col(i), count(i), &batch.lowest[static_cast<std::size_t>(i)],
                      &batch.highest[static_cast<std::size_t>(i)]);
      batch.fit(grid, n);
      for (Index i = 0; i < n; ++i)
        visit({r, col(i), count(i), {batch.scale.data() + i, batch.zero.data() + i, false}});
    }
  }
}

void visit_column_groups(const Grid& grid, Index group, ConstMatrixView x, const Visit& visit) {
  const GridKernels& kernels = grid_kernels();
  Batch batch;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
  for (Index top = 0; top < x.rows(); top += group) {
    const Index bottom = std::min(top + group, x.rows());
    for (Index col = 0; col < x.cols(); col += kBatch) {
      const Index n = std::min(kBatch, x.cols() - col);
      batch.clear(n);
      for (Index r = top; r < bottom; ++r)
        kernels.range_each(x.row(r) + col, n, batch.lowest.data(), batch.highest.data());
      batch.fit(grid, n);
      for (Index r = top; r < bottom; ++r)
        visit({r, col, n, {batch.scale.data(), batch.zero.data(), true}});
    }
  }
}

}  // namespace

void for_each_scaled_run(const Grid& grid, const Unit& unit, ConstMatrixView x,
                         const std::function<void(const ScaledRun&)>& visit) {
  if (x.empty()) return;
  switch (unit.kind) {
    case Unit::Kind::tensor:
      return visit_matrix(grid, x, visit);
    case Unit::Kind::channel:
    case Unit::Kind::token:
      return visit_row_groups(grid, x.cols(), x, visit);
    case Unit::Kind::group:
    case Unit::Kind::group_in:
      break;
  }
  NF_CHECK(unit.group >= 1, "group of {}", unit.group);
  if (unit.kind == Unit::Kind::group)
    return visit_row_groups(grid, std::min(unit.group, x.cols()), x, visit);
  visit_column_groups(grid, std::min(unit.group, x.rows()), x, visit);
}

MatrixScale fit_matrix(const Grid& grid, const RowSource& x) {
  MatrixRange range;
  for_each_part(x, 1, [&](Index, ConstMatrixView part) { range.add(part); });
  return range.fit(grid);
}

}  // namespace nf
