#pragma once

#include <cstdint>

#include "core/config/config_value.h"

namespace nf {

/// `isa:` of an experiment: the instruction set of its matrix products. The names are those of
/// gemm_isa().
enum class ProductIsa : std::uint8_t {
  sse41,
  avx2,
  avx512_core,
  avx512_core_vnni,
  avx512_core_bf16
};
template <>
struct EnumNames<ProductIsa> {
  static constexpr EnumName<ProductIsa> table[] = {
      {ProductIsa::sse41, "sse41", "what every x86-64 CPU of the last fifteen years has; slow"},
      {ProductIsa::avx2, "avx2", "CPUs with AVX2 and FMA, and better ones as if they had no more"},
      {ProductIsa::avx512_core, "avx512_core", "AVX-512 (F, BW, DQ, VL)"},
      {ProductIsa::avx512_core, "avx512", "the same"},
      {ProductIsa::avx512_core_vnni, "avx512_core_vnni", "AVX-512 with VNNI, for integers"},
      {ProductIsa::avx512_core_bf16, "avx512_core_bf16", "AVX-512 with VNNI and bf16"},
  };
};

}  // namespace nf
