#include "eval/run/making_rates.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "eval/run/best_seconds.h"
#include "eval/run/block_replay.h"
#include "eval/run/sample_inputs.h"

namespace nf {
namespace {

/// Rows of the weights that are timed: what they differ in is what a row takes.
constexpr Index kFewRows = 128, kManyRows = 256;
/// Widths up to which a weight is timed as wide as it is.
constexpr Index kMostWidth = 1024;
/// There are many pieces, each of many equal operations.
constexpr TimingRounds kRounds{.least = 2, .enough_seconds = 0.005};

/// Counts the runs of sub-layers that it is asked for, and runs none.
class CountedReplay final : public SublayerReplay {
 public:
  explicit CountedReplay(const DecoderSpec& spec) : spec_(spec) {}

  double error(Around, std::span<const Candidate>) const override {
    ++errors_;
    return 1.0;
  }
  bool reads_alone(Role role) const override { return BlockReplay::reads_alone(spec_, role); }
  /// With the one that the others are compared with.
  double runs() const { return errors_ == 0 ? 0.0 : static_cast<double>(errors_ + 1); }

 private:
  const DecoderSpec& spec_;
  mutable std::atomic<Index> errors_ = 0;
};

/// A chain on weights of one width, with everything that it must be told.
class Bench {
 public:
  Bench(const DecoderSpec& spec, const DistortionKinds::Kind& kind, Role role, Index in)
      : spec_(spec), kind_(kind), inputs_(kind_.chain, in), in_(in) {
    kind_.chain.site.role = role;
  }

  MakingRate choosing(Index rows) const {
    return rate(rows, [&](const SublayerReplay& replay) {
      return [&, this](ConstMatrixView weight, MatrixView) { choices(weight, replay); };
    });
  }
  MakingRate making(Index rows) const {
    return rate(rows, [&](const SublayerReplay& replay) {
      const auto made = std::make_shared<std::vector<TensorChoicePtr>>(
          choices(some_values(std::min(rows, kFewRows), in_), CountedReplay(spec_)));
      std::vector<StepKnowledge> knowledge = inputs_.knowledge(&replay);
      for (std::size_t i = 0; i < made->size(); ++i) knowledge[i].choice = (*made)[i].get();
      return [this, made, knowledge](ConstMatrixView weight, MatrixView out) {
        kind_.chain.apply(weight, {.context = {.seed = kind_.seed}, .knowledge = knowledge}, out);
      };
    });
  }

 private:
  std::vector<TensorChoicePtr> choices(ConstMatrixView weight, const SublayerReplay& replay) const {
    const std::vector<StepKnowledge> knowledge = inputs_.knowledge(&replay);
    std::vector<TensorChoicePtr> all;
    for (std::size_t i = 0; i < kind_.chain.steps.size(); ++i) {
      const Distortion& distortion = *kind_.chain.steps[i].distortion;
      const SiteChain::Use use{.context = {.seed = kind_.seed}, .knowledge = knowledge};
      all.emplace_back();
      if (!distortion.chooses()) continue;
      all.back() = distortion.choose({.sites = {kind_.chain.site}, .weights = {weight}},
                                     kind_.chain.context_of(i, use));
    }
    return all;
  }

  /// `each` is all that one weight takes.
  template <typename WorkWith>
  MakingRate rate(Index rows, const WorkWith& work_with) const {
    const Matrix weight = some_values(rows, in_);
    std::vector<Matrix> out(static_cast<std::size_t>(thread_count()));
    for (Matrix& each : out) each.resize(rows, in_);
    const CountedReplay replay(spec_);
    try {
      const auto work = work_with(replay);
      work(weight, out.front());
      const double replays = replay.runs();
      const double seconds = best_thread_seconds(
          [&](Index thread) { work(weight, out[static_cast<std::size_t>(thread)]); }, kRounds);
      return {.each = seconds, .replays = replays};
    } catch (const NumericError&) {
      // It cannot be made of made-up statistics. The trial that really cannot be made will tell.
      return {};
    }
  }

  const DecoderSpec& spec_;
  DistortionKinds::Kind kind_;
  SampleInputs inputs_;
  Index in_;
};

using RateOfRows = std::function<MakingRate(Index rows)>;

MakingRate rate_of(Index rows, const RateOfRows& of) {
  const MakingRate few = of(std::min(rows, kFewRows));
  const auto least = static_cast<double>(std::min(rows, kFewRows));
  if (rows <= kFewRows) return {.row = few.each / least, .replays = few.replays};
  const MakingRate many = of(std::min(rows, kManyRows));
  const auto most = static_cast<double>(std::min(rows, kManyRows));
  const double row = std::clamp((many.each - few.each) / (most - least), 0.0, many.each / most);
  return {.each = many.each - row * most, .row = row, .replays = few.replays};
}

/// a·n^power + b·n^(power + 1), neither of them negative, through values at n = 1/2 and 1.
double extrapolated(double at_half, double at_one, double power, double n) {
  const double scaled = at_half * std::pow(2.0, power);  // a + b/2
  const double higher = std::clamp(2.0 * (at_one - scaled), 0.0, at_one);
  return (at_one - higher) * std::pow(n, power) + higher * std::pow(n, power + 1.0);
}

/// of: the rate at a width.
MakingRate at_width(Index in, const std::function<MakingRate(Index width)>& of) {
  if (in <= kMostWidth) return of(in);
  const MakingRate half = of(kMostWidth / 2), one = of(kMostWidth);
  const double n = static_cast<double>(in) / static_cast<double>(kMostWidth);
  return {.each = extrapolated(half.each, one.each, 2.0, n),
          .row = extrapolated(half.row, one.row, 1.0, n),
          .replays = one.replays};
}

/// Of all kinds of some works. rate: of one, with so many rows.
MakingRates rates_of(const DecoderSpec& spec, const DistortionKinds& kinds,
                     const MakingWorks& works, MakingRate (Bench::*rate)(Index rows) const) {
  MakingRates rates;
  for (const auto& [kind, work] : works) {
    const auto& [number, role] = kind;
    const auto rows = static_cast<Index>(work.rows / work.count);
    for (const LinearTensors& linear : spec.block(0).linears)
      if (linear.role == role)
        rates[kind] = at_width(linear.in, [&, number = number, role = role](Index width) {
          const Bench bench(spec, kinds.all()[static_cast<std::size_t>(number)], role, width);
          return rate_of(rows, [&](Index count) { return (bench.*rate)(count); });
        });
  }
  return rates;
}

double seconds_of(const MakingRates& rates, const MakingWorks& works, Index threads,
                  double block_flops) {
  double seconds = 0.0;
  for (const auto& [kind, work] : works)
    // A kind that came up later, of a search's step, say, was not timed and counts as nothing.
    if (const auto rate = rates.find(kind); rate != rates.end())
      seconds += rate->second.seconds(work, threads, block_flops);
  return seconds;
}

}  // namespace

double MakingRate::seconds(const MakingWork& work, Index threads, double block_flops) const {
  return (work.count * each + work.rows * row) / static_cast<double>(threads) +
         replays * work.replay_flops / block_flops;
}

double AllMakingRates::seconds(const CalibrationCost& cost, Index threads,
                               double block_flops) const {
  return seconds_of(made, cost.made, threads, block_flops) +
         seconds_of(chosen, cost.chosen, threads, block_flops);
}

AllMakingRates measure_making(const DecoderSpec& spec, const DistortionKinds& kinds,
                              const CalibrationCost& cost) {
  return {.made = rates_of(spec, kinds, cost.made, &Bench::making),
          .chosen = rates_of(spec, kinds, cost.chosen, &Bench::choosing)};
}

}  // namespace nf
