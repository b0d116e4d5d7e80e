#pragma once

#include <cmath>
#include <vector>

#include "perturb/distortion.h"
#include "tests/reference/delta_part_reference.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"

namespace nf {

/// A quantizer for tests of parts and twins: rounds to multiples of `step`, and values beyond 1.5
/// to 1.5, which it marks and counts. Its steps grow with |x|.
class ClippingDistortion final : public Distortion {
 public:
  static constexpr float kLimit = 1.5f;

  explicit ClippingDistortion(float step = 0.25f) : step_(step) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    DistortionReport report;
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        const float v = x(r, c);
        distorted(r, c) = std::clamp(std::nearbyint(v / step_) * step_, -kLimit, kLimit);
        if (std::abs(v) <= kLimit) continue;
        ++report.clipped;
        if (context.clipped != nullptr) context.clipped[r * x.cols() + c] = 1;
      }
    return report;
  }
  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext&, MatrixView step) const override {
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) step(r, c) = step_ * (1.0f + std::abs(x(r, c)));
  }
  bool tells_clipped() const override { return true; }
  std::optional<Unit> grid_unit(SiteTensor) const override { return Unit::groups(8); }
  Index rows_together(Index) const override { return 1; }
  Json config() const override { return {{"clipping", static_cast<double>(step_)}}; }

 private:
  float step_;
};

/// A change of one matrix with all that its parts and twins may look at.
struct ChangedCase {
  ChangedCase(SiteTensor tensor, Index rows, Index cols, const Distortion& distortion)
      : x(random_matrix(rows, cols, 1)),
        made(rows, cols),
        step(rows, cols),
        clipped(static_cast<std::size_t>(rows * cols)) {
    std::vector<Matrix> windows;
    for (const std::uint64_t salt : {2u, 3u}) windows.push_back(inputs_of(2 * cols, cols, salt));
    inputs.resize(2 * windows[0].rows(), cols);
    for (std::size_t w = 0; w < 2; ++w)
      std::copy_n(windows[w].data(), windows[w].size(),
                  inputs.data() + static_cast<Index>(w) * windows[w].size());
    statistics = gather_statistics({.ranges = true, .second_moment = true}, windows);
    context.site.tensor = tensor;
    context.key = 0x1234567890abcdef;
    context.seed = 5;
    context.inputs = statistics.get();
    DistortionContext own = context;
    own.clipped = clipped.data();
    distortion.apply(x, own, made);
    if (distortion.has_steps()) distortion.local_step(x, own, step);
  }
  ChangedCase(const ChangedCase&) = delete;
  ChangedCase& operator=(const ChangedCase&) = delete;
  ~ChangedCase() = default;

  /// Features of means and spreads of their own.
  static Matrix inputs_of(Index tokens, Index cols, std::uint64_t salt) {
    Matrix window = random_matrix(tokens, cols, salt);
    for (Index t = 0; t < tokens; ++t)
      for (Index c = 0; c < cols; ++c)
        window(t, c) = 0.5f + window(t, c) / (1.0f + static_cast<float>(c)) + 0.3f * window(t, 0);
    return window;
  }
  reference::Change change() const {
    return {
        .x = x, .made = made, .tensor = context.site.tensor, .clipped = clipped, .inputs = inputs};
  }
  WholeChange whole() const { return {made, clipped.data()}; }
  Matrix delta() const {
    Matrix delta(x.rows(), x.cols());
    for (Index i = 0; i < x.size(); ++i) delta.data()[i] = made.data()[i] - x.data()[i];
    return delta;
  }

  Matrix x, made, step;  ///< [rows, cols]
  std::vector<std::uint8_t> clipped;
  Matrix inputs;  ///< [T, cols]
  InputStatisticsPtr statistics;
  DistortionContext context;
};

}  // namespace nf
