#include "eval/machine/measure_work_rates.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/base/parallel.h"
#include "core/model/site.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"
#include "eval/run/best_seconds.h"
#include "eval/run/sample_inputs.h"
#include "perturb/distortion_stats.h"
#include "perturb/draws.h"

namespace nf {
namespace {

/// The share that products have of a block's time, the rest being soft-max, norms and copies
/// (docs/performance.md).
constexpr double kProductShare = 0.9;
/// Rows, and values of a row, of the weights that are timed.
constexpr Index kSize = 1024;

/// Of all threads together, each at products of its own: processor time, in which other programs
/// have no part. The codes of inputs are part of integer products.
double product_flops(Arithmetic arithmetic) {
  const PackedWeight w = pack_weight(some_values(kSize, kSize), {}, {.arithmetic = arithmetic});
  std::vector<Matrix> x(static_cast<std::size_t>(thread_count())), y(x.size());
  for (std::size_t t = 0; t < x.size(); ++t) {
    x[t] = some_values(2 * kRowTile, kSize);
    y[t].resize(2 * kRowTile, kSize);
  }
  const double seconds = best_thread_seconds([&](Index thread) {
    const auto t = static_cast<std::size_t>(thread);
    linear(x[t], w, {}, y[t]);
  });
  return static_cast<double>(thread_count()) * 2.0 *
         static_cast<double>(2 * kRowTile * kSize * kSize) / seconds;
}

/// A weight of each thread's own, and what becomes of it.
struct Bench {
  Matrix weight, distorted;
  PackedWeight packed;
};

/// Seconds of one thread for a value of its weight.
template <class Work>
double value_seconds(std::vector<Bench>& benches, const Work& work) {
  return best_thread_seconds(
             [&](Index thread) { work(benches[static_cast<std::size_t>(thread)]); }) /
         static_cast<double>(kSize * kSize);
}

void draw_noise(Bench& bench) {
  static const Draws draws = draws_of("gaussian");
  float* const out = bench.distorted.data();
  draws.fill(out, kSize * kSize, 0, 1, 1);
  const float* const x = bench.weight.data();
  for (Index i = 0; i < kSize * kSize; ++i) out[i] = x[i] + 0.01f * out[i];
}

double reading_rate() {
  constexpr Index kFloats = Index{1} << 22;
  std::vector<Matrix> from(static_cast<std::size_t>(thread_count())), to(from.size());
  for (std::size_t t = 0; t < from.size(); ++t)
    for (Matrix* matrix : {&from[t], &to[t]}) {
      matrix->resize(1, kFloats);
      matrix->fill(1.0f);
    }
  constexpr std::size_t kBytes = static_cast<std::size_t>(kFloats) * sizeof(float);
  const double seconds = best_thread_seconds([&](Index thread) {
    const auto t = static_cast<std::size_t>(thread);
    std::memcpy(to[t].data(), from[t].data(), kBytes);
  });
  return static_cast<double>(thread_count()) * static_cast<double>(kBytes) / seconds;
}

}  // namespace

WorkRates measure_work_rates() {
  WorkRates rates{.threads = thread_count()};
  rates.head_flops = product_flops(Arithmetic::f32);
  rates.block_flops = kProductShare * rates.head_flops;
  // What is no product takes as long beside either.
  const double rest = 1.0 / rates.block_flops - 1.0 / rates.head_flops;
  rates.integer_flops = 1.0 / (1.0 / product_flops(Arithmetic::int8) + rest);
  std::vector<Bench> benches(static_cast<std::size_t>(thread_count()));
  for (Bench& bench : benches) {
    bench.weight = some_values(kSize, kSize);
    bench.distorted.resize(kSize, kSize);
  }
  rates.packing = value_seconds(benches, [](Bench& bench) {
    bench.packed = pack_weight(bench.weight, std::move(bench.packed));
  });
  rates.distorting = rates.packing + value_seconds(benches, draw_noise);
  rates.measuring = rates.distorting + value_seconds(benches, [](Bench& bench) {
                      DistortionStats stats;
                      stats.add(bench.weight, bench.distorted, median_unit(SiteTensor::weight),
                                SiteTensor::weight);
                    });
  rates.reading = reading_rate();
  return rates;
}

}  // namespace nf
