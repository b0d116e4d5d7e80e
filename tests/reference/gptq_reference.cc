#include "tests/reference/gptq_reference.h"

#include <Eigen/Dense>
#include <algorithm>
#include <numeric>
#include <optional>

#include "core/base/error.h"
#include "tests/support/tensor_near.h"

namespace nf::reference {
namespace {

std::vector<float> row_of(const RowMatrix& w, Index row, Index first, Index count) {
  std::vector<float> values;
  for (Index i = 0; i < count; ++i) values.push_back(static_cast<float>(w(row, first + i)));
  return values;
}

std::vector<float> column_of(const RowMatrix& w, Index col, Index first, Index count) {
  std::vector<float> values;
  for (Index i = 0; i < count; ++i) values.push_back(static_cast<float>(w(first + i, col)));
  return values;
}

/// A fit that knows the inputs.
struct Fitter {
  const UnitFit& fit;
  ConstMatrixView sample;

  /// features: of the unit's columns
  MatrixScale operator()(const std::vector<float>& values,
                         const std::vector<Index>& features) const {
    if (!fit.needs_inputs()) return fit.fit(ConstVectorView(values));
    Matrix part(sample.rows(), std::ssize(features));
    for (Index s = 0; s < part.rows(); ++s)
      for (Index i = 0; i < part.cols(); ++i)
        part(s, i) = sample(s, features[static_cast<std::size_t>(i)]);
    const PartialProduct product(part);
    return fit.fit(ConstVectorView(values), &product);
  }
  MatrixScale whole(ConstMatrixView w) const {
    if (!fit.needs_inputs()) return fit.fit(w);
    const PartialProduct product(sample);
    return fit.fit(w, &product);
  }
};

/// U of H⁻¹ = UᵀU, or nothing where H is not positive definite.
std::optional<RowMatrix> upper_factor(const RowMatrix& h) {
  const Eigen::LLT<RowMatrix> first(h);
  if (first.info() != Eigen::Success) return std::nullopt;
  const RowMatrix inverse = first.solve(RowMatrix::Identity(h.rows(), h.cols()));
  const Eigen::LLT<RowMatrix> second(inverse);
  if (second.info() != Eigen::Success) return std::nullopt;
  return RowMatrix(second.matrixU());
}

}  // namespace

GptqRounded gptq(ConstMatrixView weight, const SymmetricMatrix& sums, double scale,
                 const GptqKeys& keys, const Unit& unit, const UnitFit& fit,
                 ConstMatrixView sample) {
  const Fitter fitted{fit, sample};
  const Index out = weight.rows(), in = weight.cols();
  RowMatrix w(out, in), h(in, in);
  for (Index r = 0; r < out; ++r)
    for (Index c = 0; c < in; ++c) w(r, c) = static_cast<double>(weight(r, c));
  for (Index r = 0; r < in; ++r)
    for (Index c = 0; c < in; ++c) h(r, c) = scale * sums(r, c);

  std::vector<Index> own_order(static_cast<std::size_t>(in));
  std::iota(own_order.begin(), own_order.end(), Index{0});
  std::vector<MatrixScale> of_row;
  for (Index r = 0; r < out; ++r)
    of_row.push_back(unit.kind == Unit::Kind::tensor ? fitted.whole(weight)
                                                     : fitted(row_of(w, r, 0, in), own_order));
  for (Index c = 0; c < in; ++c) {
    if (h(c, c) != 0.0) continue;
    h(c, c) = 1.0;
    w.col(c).setZero();
  }

  const Index group = unit.kind == Unit::Kind::group ? std::min(unit.group, in) : in;
  const auto fit_group = [&](const RowMatrix& from, const std::vector<Index>& features, Index row,
                             Index first) {
    const Index count = std::min(group, in - first);
    return fitted(row_of(from, row, first, count),
                  {features.begin() + first, features.begin() + first + count});
  };
  std::vector<std::vector<MatrixScale>> of_group;  // [groups][out]
  for (Index first = 0; keys.static_groups && first < in; first += group) {
    of_group.emplace_back();
    for (Index r = 0; r < out; ++r) of_group.back().push_back(fit_group(w, own_order, r, first));
  }

  std::vector<Index> order = own_order;
  if (keys.act_order)
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return h(a, a) > h(b, b); });
  RowMatrix sorted_w(out, in), sorted_h(in, in);
  for (Index c = 0; c < in; ++c) {
    const Index from = order[static_cast<std::size_t>(c)];
    sorted_w.col(c) = w.col(from);
    for (Index r = 0; r < in; ++r) sorted_h(r, c) = h(order[static_cast<std::size_t>(r)], from);
  }

  GptqRounded result;
  std::optional<RowMatrix> u;
  const double mean = h.diagonal().mean();
  result.damping = keys.damping;
  for (int attempt = 0; attempt < 5 && !u; ++attempt) {
    if (attempt > 0) result.damping *= 10.0;
    RowMatrix damped = sorted_h;
    damped.diagonal().array() += result.damping * mean;
    u = upper_factor(damped);
  }
  if (!u) throw NumericError("singular");

  result.values.resize(out, in);
  for (Index i1 = 0; i1 < in; i1 += keys.block) {
    const Index i2 = std::min(i1 + keys.block, in);
    RowMatrix block = sorted_w.middleCols(i1, i2 - i1);
    RowMatrix errors(out, i2 - i1);
    for (Index j = i1; j < i2; ++j) {
      const Index feature = order[static_cast<std::size_t>(j)];
      const RowMatrix column = block.col(j - i1);
      for (Index r = 0; r < out; ++r) {
        MatrixScale& scales = of_row[static_cast<std::size_t>(r)];
        if (unit.kind == Unit::Kind::group && keys.static_groups)
          scales = of_group[static_cast<std::size_t>(feature / group)][static_cast<std::size_t>(r)];
        else if (unit.kind == Unit::Kind::group && j % group == 0)
          scales = fit_group(sorted_w, order, r, j);
        if (unit.kind == Unit::Kind::group_in) {
          const Index first = r / unit.group * unit.group;
          scales =
              fitted(column_of(column, 0, first, std::min(unit.group, out - first)), {feature});
        }
        auto value = static_cast<float>(column(r, 0));
        float rounded = 0.0f;
        result.clipped += fit.grid().quantize({&value, 1}, scales.scales(), {&rounded, 1});
        value = std::clamp(value, -scales.limit, scales.limit);
        fit.grid().quantize({&value, 1}, scales.scales(), {&rounded, 1});
        result.values(r, feature) = rounded;
        errors(r, j - i1) = (column(r, 0) - static_cast<double>(rounded)) / (*u)(j, j);
      }
      block.middleCols(j - i1, i2 - j) -= errors.col(j - i1) * u->block(j, j, 1, i2 - j);
    }
    sorted_w.rightCols(in - i2) -= errors * u->block(i1, i2, i2 - i1, in - i2);
  }
  return result;
}

}  // namespace nf::reference
