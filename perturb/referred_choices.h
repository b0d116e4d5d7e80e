#pragma once

#include "perturb/distortion.h"

namespace nf {

/// The choices of the distortions that a noise refers to, each made for the linears as the noise
/// sees them.
struct ReferredChoices final : TensorChoice {
  TensorChoicePtr reference{}, matched{};  ///< null where there is none, or it chooses nothing

  static TensorChoicePtr make(const Distortion* reference, const Distortion* matched,
                              const TensorReaders& readers, const DistortionContext& context);
  /// The context as such a distortion is to have it: with its own choice, under its own key, and
  /// nobody asking what it clips.
  static DistortionContext of_reference(const Distortion& reference,
                                        const DistortionContext& context);
  static DistortionContext of_matched(const Distortion& matched, const DistortionContext& context);
};

}  // namespace nf
