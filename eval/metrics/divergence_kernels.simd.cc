#include "eval/metrics/divergence_kernels.h"

#include "core/simd/log_exp.h"
#include "core/simd/partial_sums.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using native::F64;
using native::I64;
constexpr Index kParts = native::kParts;

NF_INLINE F64 exp(F64 v) { return native::exp2(v * 1.4426950408889634); }  // 1/ln 2

struct Total {
  F64 sum{};
};

double weights_of(const float* logits, double shift, Index n, double* weights) {
  Total parts[kParts];
  native::for_each_part(n, [&](Index part, Index at, Index lanes, I64 mask) {
    const F64 e = native::masked(exp(native::load_wide(logits + at, lanes) - shift), mask);
    std::memcpy(weights + at, &e, static_cast<std::size_t>(lanes) * sizeof(double));
    parts[part].sum += e;
  });
  return native::sum_field(parts, &Total::sum);
}

double moment_of(const float* logits, double shift, const double* weights, Index n) {
  Total parts[kParts];
  native::for_each_part(n, [&](Index part, Index at, Index lanes, I64 mask) {
    const F64 above = native::masked(native::load_wide(logits + at, lanes) - shift, mask);
    F64 weight{};
    std::memcpy(&weight, weights + at, static_cast<std::size_t>(lanes) * sizeof(double));
    parts[part].sum += weight * above;
  });
  return native::sum_field(parts, &Total::sum);
}

/// The partial sums of a register's columns.
struct Sums {
  F64 exps{}, difference{}, own_difference{};
};

DivergenceSums sums_of(const float* logits, double shift, const float* reference,
                       const double* weights, double centre, Index n) {
  Sums parts[kParts];
  native::for_each_part(n, [&](Index part, Index at, Index lanes, I64 mask) {
    const F64 v = native::load_wide(logits + at, lanes);
    const F64 e = native::masked(exp(v - shift), mask);
    const F64 u = native::masked(native::load_wide(reference + at, lanes) - v - centre, mask);
    F64 weight{};
    std::memcpy(&weight, weights + at, static_cast<std::size_t>(lanes) * sizeof(double));
    Sums& sums = parts[part];
    sums.exps += e;
    sums.difference += weight * u;
    sums.own_difference += e * u;
  });
  return {.exps = native::sum_field(parts, &Sums::exps),
          .difference = native::sum_field(parts, &Sums::difference),
          .own_difference = native::sum_field(parts, &Sums::own_difference)};
}

}  // namespace

extern const DivergenceKernels divergence_kernels = {weights_of, moment_of, sums_of};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
