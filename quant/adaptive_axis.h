#pragma once

#include "core/config/config_value.h"
#include "perturb/distortion.h"

namespace nf {

/// The place where AdaptiveAxis looks at the error of a rounding: `error_at:`.
enum class ErrorAt { block, site };

template <>
struct EnumNames<ErrorAt> {
  static constexpr EnumName<ErrorAt> table[] = {
      {ErrorAt::block, "block",
       "q, k and v at the output of attention, gate and up (fc1) at that of the MLP, o and down "
       "(fc2) at their own"},
      {ErrorAt::site, "site", "every linear at its own output"},
  };
};

/// AdaDim (arXiv 2309.15531, eq. 1): groups of g values along the inputs of an output row,
/// {group: g}, or along the outputs of an input, {group: g, axis: in}, whichever has the smaller
/// mean squared error on the calibration inputs when rounded to nearest; ties go to {group: g}. The
/// weight is then made in the chosen form. Weights only.
///
/// Errors at a sub-layer's output are looked at with the linears before it in the block (q, k, v,
/// o, gate, up, down) as they were made.
class AdaptiveAxis final : public Distortion {
 public:
  /// A granularity in two forms.
  struct Form {
    DistortionPtr trial;   ///< rtn, minmax, zero_in_range: false
    DistortionPtr method;  ///< of the entry
  };

  /// group: g of both forms
  AdaptiveAxis(Form along_inputs, Form along_outputs, Index group, ErrorAt error_at);

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override;
  bool draws() const override { return along_inputs_.method->draws(); }
  bool tells_clipped() const override { return along_inputs_.method->tells_clipped(); }
  std::optional<Unit> grid_unit(SiteTensor) const override { return Unit::groups(group_); }
  bool has_steps() const override { return along_inputs_.method->has_steps(); }
  /// Chooses again: as long as apply().
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override;
  bool has_levels() const override { return along_inputs_.method->has_levels(); }
  void levels_around(ConstMatrixView x, const DistortionContext& context, MatrixView lower,
                     MatrixView upper) const override;
  InputNeeds input_needs(SiteTensor tensor) const override;
  bool follows_path() const override { return along_inputs_.method->follows_path(); }
  double scratch_bytes(Index rows, Index cols) const override;
  Json config() const override;

 private:
  /// The form with the smaller error.
  const Form& choose_form(ConstMatrixView x, const DistortionContext& context) const;
  double error(const Form& form, ConstMatrixView x, const DistortionContext& context) const;

  Form along_inputs_, along_outputs_;
  Index group_;
  ErrorAt error_at_;
};

}  // namespace nf
