#pragma once

namespace nf {

/// How a lane's products are rounded.
enum class Rounding {
  usual,  ///< as the decoder multiplies
  other,  ///< another way, so that nothing but rounding differs: f32 in halves, bf16 as f32
};

}  // namespace nf
