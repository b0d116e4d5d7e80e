#pragma once

namespace nf {

/// The forms every kernel table exists in. All forms of a kernel give the same bits: they differ in
/// speed only.
enum class Isa { portable, avx2, avx512 };

/// The best form this CPU runs, lowered by the environment variable
/// NOISEFLOOR_MAX_ISA=portable|avx2|avx512.
Isa cpu_isa();

/// "portable", "avx2" or "avx512".
const char* isa_name(Isa isa);

}  // namespace nf

/// Declares a table of kernels that a *.simd.cc file defines once per form:
///   struct NoiseKernels { void (*add)(const float* x, Index n, float* out); };
///   NF_DECLARE_KERNELS(NoiseKernels, noise_kernels)
/// both in the header, in namespace nf; and in the *.simd.cc
///   namespace nf::NF_SIMD_NAMESPACE {
///   extern const NoiseKernels noise_kernels = {...};
///   }
/// `noise_kernels(isa)` returns one form (tests compare them), `noise_kernels()` the one for this
/// CPU.
#define NF_DECLARE_KERNELS(Table, table)                                                          \
  namespace portable {                                                                            \
  extern const Table table;                                                                       \
  }                                                                                               \
  namespace avx2 {                                                                                \
  extern const Table table;                                                                       \
  }                                                                                               \
  namespace avx512 {                                                                              \
  extern const Table table;                                                                       \
  }                                                                                               \
  inline const Table& table(Isa isa) {                                                            \
    return isa == Isa::avx512 ? avx512::table : isa == Isa::avx2 ? avx2::table : portable::table; \
  }                                                                                               \
  inline const Table& table() {                                                                   \
    static const Table& best = table(cpu_isa());                                                  \
    return best;                                                                                  \
  }
