#pragma once

#include "perturb/distortion_stats.h"

namespace nf {

/// The figures of DistortionStats by their definitions, two passes in double, one value at a time.
struct ReferenceFigures {
  double relative_l2, sqnr_db, max_abs_d, mean_error, kurtosis, cosine, size_correlation,
      energy_on_small;
  Index sign_flips, to_zero;
};
ReferenceFigures reference_figures(ConstMatrixView x, ConstMatrixView distorted, const Unit& unit,
                                   SiteTensor tensor);

}  // namespace nf
