// Every kernel that is compiled for several instruction sets, in its AVX2 form against its AVX-512
// form, on values that lie in the cache. Ends with 1 where an AVX2 form is slower than kLeastShare
// of the AVX-512 form. usage: forms_bench [rounds]

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "core/checkpoint/convert.h"
#include "core/ops/bf16.h"
#include "core/ops/elementwise.h"
#include "core/ops/int8.h"
#include "core/ops/pack.h"
#include "core/random/philox.h"
#include "eval/metrics/divergence_kernels.h"
#include "eval/metrics/logit_kernels.h"
#include "eval/stats/replicate_kernels.h"
#include "perturb/distribution.h"
#include "perturb/draws.h"
#include "perturb/noise_kernels.h"
#include "perturb/profile_kernels.h"
#include "perturb/stats_kernels.h"
#include "quant/gptq_kernels.h"
#include "quant/grid_kernels.h"
#include "tests/bench/bench_support.h"

namespace nf {
namespace {

/// The width of an AVX2 register is half of an AVX-512 one's; what is lost beyond that is ours.
constexpr double kLeastShare = 0.4;
constexpr Index kValues = 4096;  ///< of a call: four arrays of it lie in the first two caches
constexpr Index kReplicates = 16, kBlocks = 64;
constexpr Index kRow = kMostReplicateRegisters * kReplicateLanes;
constexpr int kCalls = 50;  ///< of a case, so that the clock's steps do not count

/// Where calls leave what they return, so that none is left out.
volatile double sink = 0.0;

/// Memory of the calls. Values are those of a normal distribution, where nothing else is said.
struct Values {
  std::vector<float> x, y, z, out, positive;
  std::vector<double> weights;
  std::vector<std::uint16_t> halves;
  std::vector<double> doubles;
  std::vector<std::uint64_t> draws;
  std::vector<std::int32_t> integers, offsets;  ///< sums of products; zeros
  std::vector<std::uint16_t> rounded;
  std::vector<std::uint8_t> bytes;
  std::vector<double> blocks, sums;         ///< of kBlocks and kReplicates, kRow each
  std::vector<std::uint16_t> drawn_blocks;  ///< [kReplicates, kValues / kReplicates]
  std::vector<float> matrix, transposed;    ///< [kPackRows, kValues], [kValues, kPackRows]

  Values() {
    for (std::vector<float>* values : {&x, &y, &z, &out, &positive})
      values->resize(static_cast<std::size_t>(kValues));
    std::uint64_t key = 1;
    for (std::vector<float>* values : {&x, &y, &z})
      draws_of("gaussian").fill(values->data(), kValues, 0, key++, 0);
    std::transform(x.begin(), x.end(), positive.begin(),
                   [](float v) { return v < 0.0f ? 0.5f - v : 0.5f + v; });
    weights.assign(static_cast<std::size_t>(kValues), 1.0 / static_cast<double>(kValues));
    for (Index i = 0; i < kValues; ++i)
      halves.push_back(static_cast<std::uint16_t>(i * 40503 % 0x7b00));
    doubles.assign(x.begin(), x.end());
    draws.resize(static_cast<std::size_t>(kValues));
    for (Index i = 0; i < kValues; ++i)
      integers.push_back(static_cast<std::int32_t>(i * 40503 % 100003) - 50000);
    for (auto* values : {&integers, &offsets}) values->resize(static_cast<std::size_t>(kValues));
    rounded.resize(static_cast<std::size_t>(kValues));
    bytes.resize(static_cast<std::size_t>(kValues));
    blocks.assign(static_cast<std::size_t>(kBlocks * kRow), 100.0);
    sums.resize(static_cast<std::size_t>(kReplicates * kRow));
    for (Index i = 0; i < kValues; ++i)
      drawn_blocks.push_back(static_cast<std::uint16_t>(i * 40503 % kBlocks));
    matrix.assign(static_cast<std::size_t>(kPackRows * kValues), 1.0f);
    transposed.resize(matrix.size());
  }
};

/// A kernel: its name, and one call of a form.
struct Case {
  std::string name;
  std::function<void(Isa isa)> call;
};

void add_elementwise(Values& v, std::vector<Case>& cases) {
  const auto add = [&](const char* name, auto call) {
    cases.push_back({fmt::format("elementwise: {}", name),
                     [call](Isa isa) { call(elementwise_kernels(isa)); }});
  };
  float *const x = v.x.data(), *const y = v.y.data(), *const out = v.out.data();
  const float* const positive = v.positive.data();
  const auto fresh = [&v] { std::copy(v.x.begin(), v.x.end(), v.out.begin()); };
  add("layer_norm", [=](auto& k) { k.layer_norm(x, y, positive, 1e-5f, kValues, out); });
  add("rms_norm", [=](auto& k) { k.rms_norm(x, y, 1e-5f, kValues, out); });
  add("silu_multiply", [=](auto& k) { fresh(), k.silu_multiply(out, y, kValues); });
  add("gelu", [=](auto& k) { fresh(), k.gelu(out, kValues); });
  add("gelu_tanh", [=](auto& k) { fresh(), k.gelu_tanh(out, kValues); });
  add("silu", [=](auto& k) { fresh(), k.silu(out, kValues); });
  add("relu", [=](auto& k) { fresh(), k.relu(out, kValues); });
  add("multiply", [=](auto& k) { fresh(), k.multiply(out, y, kValues); });
  add("add", [=](auto& k) { fresh(), k.add(out, y, kValues); });
  add("softmax", [=](auto& k) { fresh(), k.softmax(out, 0.5f, kValues); });
  add("scale_and_slope", [=](auto& k) { fresh(), k.scale_and_slope(out, 0.5f, 0.1f, 0, kValues); });
  add("rotate_half", [=](auto& k) { fresh(), k.rotate_half(out, x, y, kValues / 2); });
  add("rotate_pairs", [=](auto& k) { fresh(), k.rotate_pairs(out, x, y, kValues / 2); });
  add("all_finite", [=](auto& k) { sink = sink + (k.all_finite(x, kValues) ? 1.0 : 0.0); });
}

void add_storage(Values& v, std::vector<Case>& cases) {
  float* const out = v.out.data();
  const auto convert = [&](const char* name, auto call) {
    cases.push_back({fmt::format("convert: {}", name),
                     [call](Isa isa) { sink = sink + (call(convert_kernels(isa)) ? 1.0 : 0.0); }});
  };
  const void *const x = v.x.data(), *const halves = v.halves.data(),
                    *const doubles = v.doubles.data();
  convert("f32", [=](auto& k) { return k.f32(x, kValues, out); });
  convert("f16", [=](auto& k) { return k.f16(halves, kValues, out); });
  convert("bf16", [=](auto& k) { return k.bf16(halves, kValues, out); });
  convert("f64", [=](auto& k) { return k.f64(doubles, kValues, out); });
  const float* const rows = v.matrix.data();
  float* const packed = v.transposed.data();
  cases.push_back({"pack: transpose", [=](Isa isa) {
                     pack_kernels(isa).transpose(rows, kValues, kValues, packed, kPackRows);
                   }});
}

/// What bf16 and integer products need beside them.
void add_arithmetic(Values& v, std::vector<Case>& cases) {
  const float *const x = v.x.data(), *const y = v.y.data(), *const scales = v.positive.data();
  float* const out = v.out.data();
  std::uint16_t* const rounded = v.rounded.data();
  cases.push_back({"bf16: round", [=](Isa isa) { bf16_kernels(isa).round(x, kValues, rounded); }});
  std::uint8_t* const bytes = v.bytes.data();
  const std::int32_t *const sums = v.integers.data(), *const offsets = v.offsets.data();
  cases.push_back(
      {"int8: scale", [=](Isa isa) { sink = sink + double{int8_kernels(isa).scale(x, kValues)}; }});
  cases.push_back({"int8: codes", [=](Isa isa) {
                     int8_kernels(isa).codes(x, kValues, 0.03f, kInputShift, bytes);
                   }});
  cases.push_back({"int8: rescale", [=](Isa isa) {
                     int8_kernels(isa).rescale(sums, {scales, offsets, nullptr},
                                               {.scale = 0.1f, .zero = kInputShift}, nullptr, y,
                                               kValues, Epilogue::store, out);
                   }});
}

/// Sums of profiles and of the bootstrap.
void add_sums(Values& v, std::vector<Case>& cases) {
  const float* const x = v.x.data();
  float* const largest = v.out.data();
  std::int32_t* const places = v.integers.data();
  cases.push_back({"profile: sums", [=](Isa isa) {
                     sink = sink + profile_kernels(isa).sums(x, 0.1, kValues).powers[3];
                   }});
  cases.push_back({"profile: raise", [=](Isa isa) {
                     sink = sink + double{profile_kernels(isa).raise(x, kValues, largest)};
                   }});
  cases.push_back(
      {"profile: bins", [=](Isa isa) { profile_kernels(isa).bins(x, kValues, places); }});
  for (Index registers = 1; registers <= kMostReplicateRegisters; ++registers)
    cases.push_back({fmt::format("replicates: add {}", registers), [&v, registers](Isa isa) {
                       replicate_kernels(isa).add(v.blocks.data(), registers, v.drawn_blocks.data(),
                                                  kReplicates, kValues / kReplicates,
                                                  v.sums.data());
                     }});
}

void add_noise(Values& v, std::vector<Case>& cases) {
  const auto add = [&](const char* name, auto call) {
    cases.push_back(
        {fmt::format("noise: {}", name), [call](Isa isa) { call(noise_kernels(isa)); }});
  };
  float *const x = v.x.data(), *const y = v.y.data(), *const out = v.out.data();
  const auto fresh = [&v] { std::copy(v.z.begin(), v.z.end(), v.out.begin()); };
  add("sum_squares", [=](auto& k) { sink = sink + k.sum_squares(x, kValues); });
  add("squared_distance", [=](auto& k) { sink = sink + k.squared_distance(x, y, kValues); });
  add("max_abs", [=](auto& k) { sink = sink + double{k.max_abs(x, kValues)}; });
  add("multiply", [=](auto& k) { fresh(), k.multiply(out, x, kValues); });
  add("multiply_abs", [=](auto& k) { fresh(), k.multiply_abs(out, x, kValues); });
  add("multiply_remainder", [=](auto& k) { fresh(), k.multiply_remainder(out, x, 8.0f, kValues); });
  add("multiply_power",
      [=](auto& k) { fresh(), k.multiply_power(out, x, 0.5, 1e-6f, 0, kValues); });
  add("add_scaled", [=](auto& k) { k.add_scaled(x, y, 0.1, out, kValues); });
  add("subtract", [=](auto& k) { k.subtract(x, y, out, kValues); });
  add("clip", [=](auto& k) { sink = sink + static_cast<double>(k.clip(x, 2.0f, out, kValues)); });
  cases.push_back({"stats: sums", [=](Isa isa) {
                     sink = sink + stats_kernels(isa).sums(x, y, 0.7f, {}, kValues).x2;
                   }});
  std::uint64_t* const draws = v.draws.data();
  cases.push_back({"philox: draw_u64",
                   [=](Isa isa) { philox_kernels(isa).draw_u64(draws, kValues, 0, 1, 2); }});
  for (const Distribution* known : builtin_distributions()) {
    const std::string name = known->name;
    const std::vector<double> shape(known->parameters.size(), 5.0);
    cases.push_back({"draws: " + name, [=](Isa isa) {
                       for (const Distribution* form : builtin_distributions(isa))
                         if (name == form->name) form->fill(shape.data(), out, kValues, 0, 1, 2);
                     }});
  }
}

void add_quantizers(Values& v, std::vector<Case>& cases) {
  const auto add = [&](const char* name, auto call) {
    cases.push_back({fmt::format("grid: {}", name), [call](Isa isa) { call(grid_kernels(isa)); }});
  };
  static const float scale = 0.05f, zero = 0.0f, lowest = 0.0f, highest = 0.0f;
  const UnitScales one{.scale = &scale, .zero = &zero};
  const UnitScales each{.scale = v.positive.data(), .zero = v.y.data(), .each = true};
  float *const x = v.x.data(), *const y = v.y.data(), *const z = v.z.data(),
               *const out = v.out.data();
  add("range", [=](auto& k) {
    float low = lowest, high = highest;
    k.range(x, kValues, &low, &high);
    sink = sink + double{low};
  });
  add("range_each", [=](auto& k) { k.range_each(x, kValues, z, out); });
  add("uniform", [=](auto& k) {
    sink = sink + static_cast<double>(k.uniform(x, kValues, one, -127.0f, 127.0f, out));
  });
  add("uniform, a scale each", [=](auto& k) {
    sink = sink + static_cast<double>(k.uniform(x, kValues, each, -7.0f, 7.0f, out));
  });
  for (const double p : {kCubeRoot, 0.5}) {
    const std::string of = p == kCubeRoot ? "cube root" : "p = 0.5";
    add(("compand, " + of).c_str(), [=](auto& k) { k.compand(x, kValues, p, out); });
    add(("power, " + of).c_str(), [=](auto& k) {
      sink = sink + static_cast<double>(k.power(x, kValues, one, 7.0f, p, out));
    });
    add(("power_step, " + of).c_str(),
        [=](auto& k) { k.power_step(x, kValues, one, 7.0f, p, out); });
  }
  add("power_error", [=](auto& k) { sink = sink + k.power_error(x, y, kValues, 2.4); });
  const float* const errors = v.matrix.data();
  cases.push_back({"gptq: add_shares", [=](Isa isa) {
                     gptq_kernels(isa).add_shares(errors, kValues / 16, x, 16, out);
                   }});
}

void add_scores(Values& v, std::vector<Case>& cases) {
  float *const x = v.x.data(), *const y = v.y.data();
  double* const weights = v.weights.data();
  cases.push_back(
      {"logits: max", [=](Isa isa) { sink = sink + double{logit_kernels(isa).max(x, kValues)}; }});
  cases.push_back({"logits: exp_sum",
                   [=](Isa isa) { sink = sink + logit_kernels(isa).exp_sum(x, 4.0f, kValues); }});
  cases.push_back({"divergence: weights", [=](Isa isa) {
                     sink = sink + divergence_kernels(isa).weights(x, 4.0, kValues, weights);
                   }});
  cases.push_back({"divergence: moment", [=](Isa isa) {
                     sink = sink + divergence_kernels(isa).moment(x, 4.0, weights, kValues);
                   }});
  cases.push_back({"divergence: sums", [=](Isa isa) {
                     sink =
                         sink + divergence_kernels(isa).sums(x, 4.0, y, weights, 0.0, kValues).exps;
                   }});
}

int run(int rounds) {
  if (cpu_isa() < Isa::avx512) {
    fmt::print("this CPU has no AVX-512 (or NOISEFLOOR_MAX_ISA lowers it): nothing to compare\n");
    return 0;
  }
  Values values;
  std::vector<Case> cases;
  for (auto* add : {&add_elementwise, &add_storage, &add_arithmetic, &add_noise, &add_quantizers,
                    &add_scores, &add_sums})
    add(values, cases);
  Interleaved timed;
  for (const Case& one : cases)
    for (const Isa isa : {Isa::avx2, Isa::avx512})
      timed.add(fmt::format("{} {}", one.name, isa_name(isa)), [&one, isa] {
        for (int call = 0; call < kCalls; ++call) one.call(isa);
      });
  timed.run(rounds);
  fmt::print(
      "{}\n\n| kernel | AVX2, ns a value | AVX-512 | AVX2 speed / AVX-512 speed |\n"
      "|---|---|---|---|\n",
      machine_line());
  int slow = 0;
  for (const Case& one : cases) {
    const double narrow = timed.best(one.name + " avx2"), wide = timed.best(one.name + " avx512");
    const bool is_slow = wide < kLeastShare * narrow;
    slow += is_slow ? 1 : 0;
    const double values_of_case = static_cast<double>(kValues) * kCalls;
    fmt::print("| {} | {:.3f} | {:.3f} | {:.2f}{} |\n", one.name, narrow * 1e9 / values_of_case,
               wide * 1e9 / values_of_case, wide / narrow, is_slow ? " !" : "");
  }
  fmt::print("\n{} of {} kernels have an AVX2 form below {} of the AVX-512 form\n", slow,
             cases.size(), kLeastShare);
  return slow == 0 ? 0 : 1;
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) { return nf::run(argc > 1 ? std::atoi(argv[1]) : 20); }
