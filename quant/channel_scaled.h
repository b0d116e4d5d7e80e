#pragma once

#include <variant>
#include <vector>

#include "perturb/distortion.h"

namespace nf {

/// `channel_scale: {smoothquant: {alpha: a}}`: smoothquant_scale().
struct SmoothQuantRule {
  double alpha = 0.5;
};
/// `channel_scale: {awq: {steps: n}}`: search_awq_scale(). Weights only.
struct AwqRule {
  Index steps = 20;
  /// Rounding of the search: rtn with the entry's grid and granularity, minmax, no zero_in_range.
  DistortionPtr rounding;
};
/// The scales s of the features that a quantizer is applied to.
using ChannelScaleRule = std::variant<SmoothQuantRule, AwqRule>;

/// A quantizer applied in other coordinates, and its result taken back:
///     W̃ = Q(W·diag(s))·diag(1/s),  x̃ = Q(x·diag(1/s))·diag(s).
/// Whatever the inner quantizer is told of the inputs is of the scaled ones; scales and products
/// are f32, 1/s is a division. With Q = 1 nothing changes but the last bits: no norm and no
/// neighbour is rewritten, and δ is of the original tensor.
class ChannelScaled final : public Distortion {
 public:
  ChannelScaled(DistortionPtr inner, ChannelScaleRule rule);

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override;
  bool draws() const override { return inner_->draws(); }
  IntegerLevels integer_levels(SiteTensor tensor) const override;
  bool tells_clipped() const override { return inner_->tells_clipped(); }
  std::optional<Unit> grid_unit(SiteTensor tensor) const override {
    return inner_->grid_unit(tensor);
  }
  bool has_steps() const override { return inner_->has_steps(); }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override;
  bool has_levels() const override { return inner_->has_levels(); }
  void levels_around(ConstMatrixView x, const DistortionContext& context, MatrixView lower,
                     MatrixView upper) const override;
  InputNeeds input_needs(SiteTensor tensor) const override;
  /// SmoothQuant's scale is of the untouched model, so that weights and inputs have the same one.
  bool follows_path() const override { return awq() != nullptr && inner_->follows_path(); }
  bool chooses() const override { return awq() != nullptr; }
  TensorChoicePtr choose(const TensorReaders& readers,
                         const DistortionContext& context) const override;
  double scratch_bytes(Index rows, Index cols) const override;
  Index rows_together(Index rows) const override { return inner_->rows_together(rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override;
  Json config() const override;

 private:
  const AwqRule* awq() const { return std::get_if<AwqRule>(&rule_); }
  /// [in] s.
  std::vector<float> scale_of(Index in, const DistortionContext& context) const;

  DistortionPtr inner_;
  ChannelScaleRule rule_;
};

}  // namespace nf
