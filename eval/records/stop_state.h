#pragma once

#include "core/base/types.h"

namespace nf {

/// The state of a trial with a stopping rule at the end of a stage.
struct StopState {
  bool reached = false;       ///< the trial stopped here
  Index blocks = 0;           ///< of text seen so far: documents, or windows
  Index tokens = 0;           ///< scored so far
  double kl = 0.0;            ///< mean over these tokens, nats
  double kl_halfwidth = 0.0;  ///< of its asymptotic confidence sequence; infinite with few blocks
};

}  // namespace nf
