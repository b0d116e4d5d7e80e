#include "quant/outlier_features.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

/// The key of its config.
constexpr const char* kThreshold = "except_outliers";

class OutlierFeatures final : public Distortion {
 public:
  OutlierFeatures(DistortionPtr quantizer, double threshold)
      : quantizer_(std::move(quantizer)), threshold_(threshold) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    const std::vector<bool> stays = outliers(x);
    const DistortionReport report = quantizer_->apply(rest(x, stays), context, distorted);
    if (context.integers != nullptr) context.integers->stays = stays;
    for_each_staying(x, stays, [&](Index r, Index c) { distorted(r, c) = x(r, c); });
    return report;
  }

  IntegerLevels integer_levels(SiteTensor tensor) const override {
    return quantizer_->integer_levels(tensor);
  }
  bool tells_clipped() const override { return quantizer_->tells_clipped(); }
  std::optional<Unit> grid_unit(SiteTensor tensor) const override {
    return quantizer_->grid_unit(tensor);
  }
  bool has_steps() const override { return quantizer_->has_steps(); }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    const std::vector<bool> stays = outliers(x);
    quantizer_->local_step(rest(x, stays), context, step);
    for_each_staying(x, stays, [&](Index r, Index c) { step(r, c) = 0.0f; });
  }

  bool has_levels() const override { return quantizer_->has_levels(); }
  void levels_around(ConstMatrixView x, const DistortionContext& context, MatrixView lower,
                     MatrixView upper) const override {
    const std::vector<bool> stays = outliers(x);
    quantizer_->levels_around(rest(x, stays), context, lower, upper);
    for_each_staying(x, stays, [&](Index r, Index c) { lower(r, c) = upper(r, c) = x(r, c); });
  }

  InputNeeds input_needs(SiteTensor tensor) const override {
    return quantizer_->input_needs(tensor);
  }
  bool follows_path() const override { return quantizer_->follows_path(); }
  bool chooses() const override { return quantizer_->chooses(); }
  TensorChoicePtr choose(const TensorReaders& readers,
                         const DistortionContext& context) const override {
    return quantizer_->choose(readers, context);
  }
  double scratch_bytes(Index rows, Index cols) const override {
    return static_cast<double>(rows) * static_cast<double>(cols) * sizeof(float) +
           quantizer_->scratch_bytes(rows, cols);
  }

  Json config() const override {
    Json json = quantizer_->config();
    json[kThreshold] = threshold_;
    return json;
  }

 private:
  std::vector<bool> outliers(ConstMatrixView x) const {
    std::vector<bool> stays(static_cast<std::size_t>(x.cols()));
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c)
        if (std::abs(static_cast<double>(x(r, c))) >= threshold_)
          stays[static_cast<std::size_t>(c)] = true;
    return stays;
  }
  /// x with NaNs in the place of what stays: ranges pass them over.
  static Matrix rest(ConstMatrixView x, const std::vector<bool>& stays) {
    Matrix rest(x.rows(), x.cols());
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c)
        rest(r, c) =
            stays[static_cast<std::size_t>(c)] ? std::numeric_limits<float>::quiet_NaN() : x(r, c);
    return rest;
  }
  template <class Use>
  static void for_each_staying(ConstMatrixView x, const std::vector<bool>& stays, Use use) {
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c)
        if (stays[static_cast<std::size_t>(c)]) use(r, c);
  }

  DistortionPtr quantizer_;
  double threshold_;
};

}  // namespace

DistortionPtr except_outlier_features(DistortionPtr quantizer, double threshold) {
  return std::make_shared<OutlierFeatures>(std::move(quantizer), threshold);
}

bool keeps_features(const Distortion& quantizer) { return quantizer.config().contains(kThreshold); }

}  // namespace nf
