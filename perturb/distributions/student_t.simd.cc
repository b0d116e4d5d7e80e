#include "perturb/distribution.h"
#include "perturb/draw_simd.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using namespace native;

/// e^q − 1 for 0 <= q <= 60, relative error below 3e-7. With q = n·ln 2 + g, |g| <= 0.347:
/// 2^n·(e^g − 1) + (2^n − 1), e^g − 1 as its series up to g^7/7!, relative error 1.5e-8.
NF_INLINE F32 exp_minus_one(F32 q) {
  constexpr float kShift = 12582912.0f;  // 1.5·2^23: q + kShift has the rounded q in its low bits
  const F32 shifted = q * 1.44269504f + kShift;  // log2 e
  const F32 n = shifted - kShift;
  // ln 2 in two parts, the first of 12 bits, so that n·0.693115234375 is exact.
  const F32 g = (q - n * 0.693115234375f) - n * 3.19461863e-5f;
  F32 p = splat(1.0f / 5040);
  p = p * g + 1.0f / 720;
  p = p * g + 1.0f / 120;
  p = p * g + 1.0f / 24;
  p = p * g + 1.0f / 6;
  p = p * g + 0.5f;
  p = p * g + 1.0f;
  const F32 power = bit_cast<F32>((bit_cast<U32>(shifted) + 127u) << 23);  // 2^n
  return power * (p * g) + (power - 1.0f);
}

/// √((df − 2)·(u^(−2/df) − 1))·sin(π/2·t), u from w0, t from w1: Bailey's generator (Mathematics of
/// Computation 62, 1994, pages 779 to 781) over the standard deviation √(df/(df − 2)), its angle
/// drawn directly instead of by rejection. Exact for every df: √(df·(u^(−2/df) − 1)) is the radius
/// of two dependent variates of Student's t. With df → ∞ it is the Gaussian draw of the element.
/// |z| < √(df − 2)·2^(32/df); what is rarer than one in 2^32 is not drawn, which near df = 2 is a
/// part of the variance: 0.06 % at df = 3, 1.1 % at 2.5.
struct StudentT {
  float inverse_df = 0.0f;
  float df_minus_2 = 0.0f;

  explicit StudentT(double df) {
    df = df < 1e30 ? df : 1e30;  // the Gaussian, to the last bit of f32, long before
    inverse_df = static_cast<float>(1.0 / df);
    df_minus_2 = static_cast<float>(df - 2.0);
  }
  NF_INLINE F32 operator()(PhiloxWords words) const {
    const F32 growth = exp_minus_one(minus_two_log(words.word0) * inverse_df);
    return square_root(growth * df_minus_2) * half_turn_sine(words.word1);
  }
};

void fill(const double* shape, float* z, Index n, std::uint64_t first_element, std::uint64_t key,
          std::uint64_t seed) {
  fill_draws(z, n, first_element, key, seed, StudentT(shape[0]));
}

constexpr ShapeParameter kShape[] = {
    {.name = "df",
     .summary = "degrees of freedom: the fewer, the heavier the tails (kurtosis 3 + 6/(df - 4) for "
                "df > 4)",
     .above = 2,
     .reason = "the variance is infinite up to 2",
     .example = 5}};

}  // namespace

extern constinit const Distribution student_t_distribution = {
    .name = "student_t",
    .summary = "Student's t noise: between normal (many df) and outliers of any size (few)",
    .parameters = kShape,
    .fill = fill};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
