#include "eval/metrics/summed_figures.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <vector>

namespace nf {
namespace {

constexpr SummedFigure kFigures[] = {
    {.name = "nll",
     .sum = &PartSums::nll,
     .of_token = [](const ScoredToken& token) { return token.nll; },
     .negative_in_choices = "loglikelihood",
     .mean = "nll",
     .unit = "nats per token",
     .label = "nll",
     .difference = "delta_nll",
     .baseline = BaselineSum::measured},
    {.name = "kl",
     .sum = &PartSums::kl,
     .of_token = [](const ScoredToken& token) { return token.kl; },
     .mean = "kl",
     .unit = "nats per token",
     .label = "KL",
     .difference = "kl",
     .baseline = BaselineSum::zero,
     .watched_by_stop = true},
    {.name = "kl_reverse",
     .sum = &PartSums::kl_reverse,
     .of_token = [](const ScoredToken& token) { return token.kl_reverse; },
     .mean = "kl_reverse",
     .unit = "nats per token",
     .label = "KL reverse",
     .difference = "kl_reverse",
     .baseline = BaselineSum::zero,
     // Nearly the same figure as KL: where the one looks settled the other does.
     .watched_by_stop = true},
    {.name = "top1",
     .count = &PartSums::top1,
     .of_token = [](const ScoredToken& token) { return token.top1 ? 1.0 : 0.0; },
     .mean = "top1_agreement",
     .unit = "share of tokens",
     .label = "same top-1 %",
     .difference = "delta_top1",
     .baseline = BaselineSum::all_tokens,
     .higher_is_better = true},
    {.name = "greedy",
     .count = &PartSums::greedy,
     .of_token = [](const ScoredToken& token) { return token.greedy ? 1.0 : 0.0; },
     .of_windows = false},
    {.name = "flips_lost",
     .count = &PartSums::flips_lost,
     .lacking = &PartSums::lacks_flips,
     .of_token =
         [](const ScoredToken& token) {
           return token.baseline_greedy && !token.greedy ? 1.0 : 0.0;
         },
     .of_choices = false,
     .mean = "flips_lost",
     .unit = "share of tokens",
     .label = "flips lost %",
     .difference = "flips_lost",
     .baseline = BaselineSum::zero,
     .where_named = true},
    {.name = "flips_gained",
     .count = &PartSums::flips_gained,
     .lacking = &PartSums::lacks_flips,
     .of_token =
         [](const ScoredToken& token) {
           return token.greedy && !token.baseline_greedy ? 1.0 : 0.0;
         },
     .of_choices = false,
     .mean = "flips_gained",
     .unit = "share of tokens",
     .label = "flips gained %",
     .difference = "flips_gained",
     .baseline = BaselineSum::zero,
     .higher_is_better = true,
     .where_named = true},
    {.name = "residual",
     .sum = &PartSums::residual,
     .lacking = &PartSums::lacks_residual,
     .of_token = [](const ScoredToken& token) { return token.residual; },
     .of_choices = false},
    {.name = "residual_error",
     .sum = &PartSums::residual_error,
     .lacking = &PartSums::lacks_residual_error,
     .of_token = [](const ScoredToken& token) { return token.residual_error; },
     .of_choices = false},
};

/// The entries for which `has` is true, in their order.
std::vector<SummedFigure> figures_that(bool SummedFigure::*has) {
  std::vector<SummedFigure> figures;
  std::copy_if(std::begin(kFigures), std::end(kFigures), std::back_inserter(figures),
               [has](const SummedFigure& figure) { return figure.*has; });
  return figures;
}

}  // namespace

double SummedFigure::sum_of(const PartSums& sums) const {
  return is_count() ? static_cast<double>(sums.*count) : sums.*sum;
}

void SummedFigure::set(double value, PartSums& sums) const {
  if (is_count())
    sums.*count = static_cast<Index>(value);
  else
    sums.*sum = value;
}

double SummedFigure::mean_of(const PartSums& sums) const {
  if (!is_known(sums)) return std::numeric_limits<double>::quiet_NaN();
  return sum_of(sums) / static_cast<double>(sums.tokens);
}

void SummedFigure::clear(PartSums& sums) const {
  set(0.0, sums);
  if (lacking != nullptr) sums.*lacking = false;
}

double SummedFigure::difference_of(const PartSums& trial, const PartSums& of_baseline) const {
  switch (baseline) {
    case BaselineSum::measured:
      return sum_of(trial) - sum_of(of_baseline);
    case BaselineSum::all_tokens:
      return sum_of(trial) - static_cast<double>(trial.tokens);
    case BaselineSum::zero:
      break;
  }
  return sum_of(trial);
}

double SummedFigure::summed_size(const PartSums& trial, const PartSums& of_baseline) const {
  if (is_count()) return 0.0;
  const double own = std::abs(sum_of(trial));
  return baseline == BaselineSum::measured ? own + std::abs(sum_of(of_baseline)) : own;
}

std::span<const SummedFigure> summed_figures() { return kFigures; }

std::span<const SummedFigure> window_figures() {
  static const std::vector<SummedFigure> figures = figures_that(&SummedFigure::of_windows);
  return figures;
}

std::span<const SummedFigure> choice_figures() {
  static const std::vector<SummedFigure> figures = figures_that(&SummedFigure::of_choices);
  return figures;
}

const SummedFigure* find_summed_mean(std::string_view mean) {
  for (const SummedFigure& figure : kFigures)
    if (figure.mean != nullptr && figure.mean == mean) return &figure;
  return nullptr;
}

}  // namespace nf
