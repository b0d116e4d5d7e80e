#include "perturb/size_parts.h"

#include <cmath>

#include "perturb/distortion_stats.h"
#include "perturb/order_statistic.h"

namespace nf {
namespace {

struct Median final : MatrixFigures {
  explicit Median(float of_matrix) : median(of_matrix) {}
  float median;
};

class SizePart final : public DeltaPart {
 public:
  explicit SizePart(SizeHalf half) : half_(half) {}

  void keep(const ChangeRow& row, const DistortionContext&, double* delta) const override {
    if (row.cols == 0) return;
    const auto* of_matrix = static_cast<const Median*>(row.figures);
    const float median = of_matrix != nullptr
                             ? of_matrix->median
                             : median_magnitude(ConstMatrixView(row.x, 1, row.cols));
    for (Index c = 0; c < row.cols; ++c)
      if ((std::abs(row.x[c]) < median) != (half_ == SizeHalf::small)) delta[c] = 0.0;
  }

  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override {
    const bool of_rows = median_unit(context.tensor()).kind != Unit::Kind::tensor;
    if (of_rows || x.rows() * x.cols() == 0) return nullptr;
    return std::make_shared<Median>(median_magnitude(x));
  }

  Json config() const override { return half_ == SizeHalf::small ? "small" : "large"; }

 private:
  SizeHalf half_;
};

}  // namespace

DeltaPartPtr size_part(SizeHalf half) { return std::make_shared<SizePart>(half); }

}  // namespace nf
