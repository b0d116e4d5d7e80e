#include "perturb/integer_codes.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/ops/elementwise.h"
#include "core/ops/int8.h"

namespace nf {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Codes of x̂, a row after the other.
class Rows {
 public:
  Rows(ConstMatrixView distorted, const IntegerScales& scales, bool is_weight)
      : x_(distorted), scales_(scales), is_weight_(is_weight), row_(1, distorted.cols()) {
    NF_CHECK(std::ssize(scales.scale) == x_.rows() && std::ssize(scales.zero) == x_.rows(),
             "{} scales of {} rows", scales.scale.size(), x_.rows());
    NF_CHECK(scales.channel.empty() || std::ssize(scales.channel) == x_.cols(),
             "{} scales of {} features", scales.channel.size(), x_.cols());
  }

  /// What the codes of a row mean.
  struct Row {
    float scale = kNaN;
    std::int32_t zero = 0;  ///< the shift of the codes with it
  };
  /// Writes the codes of a row. One that is not finite has a scale of NaN and codes that mean 0;
  /// the zero point that its range led to may be a NaN, which is no integer. shift: of all codes
  Row write(Index r, Index shift, std::uint8_t* out) {
    Row row;
    if (first_non_finite(x_.middle_rows(r, 1)) < 0) row = finite_row(r);
    row.zero += static_cast<std::int32_t>(shift);
    int8_kernels().codes(own(r), x_.cols(), row.scale, row.zero, out);
    return row;
  }
  /// A value in the quantizer's own coordinates.
  float own_value(Index r, Index c) const {
    if (scales_.channel.empty()) return x_(r, c);
    return is_weight_ ? x_(r, c) * scales_.channel[at(c)] : x_(r, c) / scales_.channel[at(c)];
  }

 private:
  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  /// A row without any integer, all of whose features stay, has a range of none: a scale of 1 keeps
  /// it out of the product.
  Row finite_row(Index r) const {
    const float scale = scales_.scale[at(r)], zero = scales_.zero[at(r)];
    if (!std::isfinite(scale) || !std::isfinite(zero)) return {1.0f, 0};
    return {scale, static_cast<std::int32_t>(zero)};
  }
  const float* own(Index r) {
    if (scales_.channel.empty() && scales_.stays.empty()) return x_.row(r);
    for (Index c = 0; c < x_.cols(); ++c)
      row_(0, c) = !scales_.stays.empty() && scales_.stays[at(c)] ? 0.0f : own_value(r, c);
    return row_.data();
  }

  ConstMatrixView x_;
  const IntegerScales& scales_;
  bool is_weight_;
  Matrix row_;
};

}  // namespace

WeightCodes weight_codes(ConstMatrixView distorted, const IntegerScales& scales,
                         const IntegerLevels& levels) {
  WeightCodes codes;
  codes.out = distorted.rows();
  codes.in = distorted.cols();
  codes.codes.resize(static_cast<std::size_t>(codes.out * codes.in));
  Rows rows(distorted, scales, true);
  for (Index r = 0; r < codes.out; ++r) {
    const auto [scale, zero] =
        rows.write(r, levels.weight_shift(), reinterpret_cast<std::uint8_t*>(codes.row(r)));
    codes.scales.push_back(scale);
    if (levels.has_zero) codes.zeros.push_back(zero);
  }
  return codes;
}

void put_integers(ConstMatrixView distorted, const IntegerScales& scales,
                  const IntegerLevels& levels, Index first, IntegerInputs& to) {
  NF_CHECK(distorted.cols() == to.in && first + distorted.rows() <= to.rows,
           "rows {} to {} of [{}, {}]", first, first + distorted.rows(), to.rows, to.in);
  Rows rows(distorted, scales, false);
  for (Index r = 0; r < distorted.rows(); ++r) {
    const auto row = static_cast<std::size_t>(first + r);
    std::uint8_t* const codes = to.codes() + (first + r) * to.in;
    const auto [scale, zero] = rows.write(r, levels.input_shift(), codes);
    to.scales[row] = scale;
    to.zeros[row] = zero;
    to.sums[row] = std::accumulate(codes, codes + to.in, std::int32_t{0}) -
                   static_cast<std::int32_t>(to.in) * to.zeros[row];
  }
  IntegerInputs::Beside beside;
  beside.first_row = first;
  for (std::size_t c = 0; c < scales.stays.size(); ++c)
    if (scales.stays[c]) beside.features.push_back(static_cast<Index>(c));
  if (beside.features.empty()) return;
  beside.values.resize(distorted.rows(), std::ssize(beside.features));
  for (Index r = 0; r < distorted.rows(); ++r)
    for (std::size_t j = 0; j < beside.features.size(); ++j)
      beside.values(r, static_cast<Index>(j)) = rows.own_value(r, beside.features[j]);
  to.beside.push_back(std::move(beside));
}

}  // namespace nf
