#include "perturb/unit_norms.h"

#include <cmath>

#include "perturb/noise_kernels.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

double norm(ConstMatrixView unit) {
  double squares = 0.0;
  for (Index r = 0; r < unit.rows(); ++r)
    squares += noise_kernels().sum_squares(unit.row(r), unit.cols());
  return std::sqrt(squares);
}

void scale(double factor, MatrixView unit) {
  for (Index r = 0; r < unit.rows(); ++r)
    for (Index c = 0; c < unit.cols(); ++c)
      unit(r, c) = static_cast<float>(factor * static_cast<double>(unit(r, c)));
}

}  // namespace

UnitNorms::UnitNorms(const Unit& unit, SiteTensor tensor, ConstMatrixView x)
    : blocks_(unit, tensor, x.rows(), x.cols()) {
  norms_.reserve(static_cast<std::size_t>(blocks_.count()));
  for_each_unit(blocks_, {x, {}, {}}, MatrixView(),
                [this](const UnitSlice& slice) { norms_.push_back(norm(slice.in[0])); });
}

void UnitNorms::give(MatrixView x) const {
  std::size_t next = 0;
  for_each_unit(blocks_, {x, {}, {}}, x, [&](const UnitSlice& slice) {
    const double target = norms_[next++], own = norm(slice.in[0]);
    if (own != 0.0) scale(target / own, slice.out);
  });
}

}  // namespace nf
