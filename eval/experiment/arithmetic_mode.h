#pragma once

#include "core/config/config_value.h"
#include "core/ops/gemm.h"

namespace nf {

template <>
struct EnumNames<Arithmetic> {
  static constexpr EnumName<Arithmetic> table[] = {
      {Arithmetic::f32, "f32", "f32 throughout"},
      {Arithmetic::bf16, "bf16",
       "operands of the model's matrix products rounded to bf16, sums in f32; about twice as fast, "
       "on CPUs that have it (AVX512_BF16, AMX)"},
  };
};

}  // namespace nf
