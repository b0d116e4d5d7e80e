#include "core/simd/dispatch.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "core/base/check.h"

namespace nf {
namespace {

Isa best_isa() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return Isa::avx512;
  // Every CPU with AVX2 converts half floats too (F16C came a generation earlier).
  return __builtin_cpu_supports("avx2") ? Isa::avx2 : Isa::portable;
}

Isa limited_isa() {
  const char* limit = std::getenv("NOISEFLOOR_MAX_ISA");
  if (limit == nullptr) return best_isa();
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512})
    if (std::string_view(limit) == isa_name(isa)) return std::min(isa, best_isa());
  throw ConfigError(
      fmt::format("NOISEFLOOR_MAX_ISA: unknown value '{}'; known: portable, avx2, avx512", limit));
}

}  // namespace

Isa cpu_isa() {
  static const Isa isa = limited_isa();
  return isa;
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
  }
  return "?";
}

}  // namespace nf
