#include "eval/metrics/detail.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "core/base/check.h"

namespace nf {
namespace {

bool is_of_bins(const SummedFigure& figure) { return figure.of_windows && figure.mean != nullptr; }

TokenBin& bin_of_entropy(double entropy, std::vector<TokenBin>& bins) {
  const auto bin = static_cast<std::size_t>(entropy_bin(entropy));
  if (bins.size() <= bin) bins.resize(bin + 1);
  return bins[bin];
}

}  // namespace

std::vector<SummedFigure> bin_figures() {
  std::vector<SummedFigure> figures;
  const std::span<const SummedFigure> all = summed_figures();
  std::copy_if(all.begin(), all.end(), std::back_inserter(figures), is_of_bins);
  return figures;
}

void TokenBin::add(const ScoredToken& token) {
  sums.add(token);
  baseline_nll += token.baseline_nll;
  for (const SummedFigure& figure : summed_figures())
    if (!is_of_bins(figure)) figure.clear(sums);
}

void TokenBin::add(const TokenBin& more) {
  sums.add(more.sums);
  baseline_nll += more.baseline_nll;
}

std::vector<BinColumn> bin_columns(const TokenBin& bin) {
  std::vector<BinColumn> columns;
  for (const SummedFigure& figure : bin_figures()) {
    columns.push_back({figure.mean, figure.is_known(bin.sums)
                                        ? figure.sum_of(bin.sums)
                                        : std::numeric_limits<double>::quiet_NaN()});
    if (figure.sum == &PartSums::nll) columns.push_back({"baseline_nll", bin.baseline_nll});
  }
  return columns;
}

Index confidence_bin(double confidence) {
  // Also where logits are not finite; such a trial has failed, and its detail goes nowhere.
  if (!(confidence > 0.0)) return 0;
  return std::min(static_cast<Index>(std::min(confidence, 1.0) * double{kConfidenceBins}),
                  kConfidenceBins - 1);
}

Index entropy_bin(double entropy) {
  constexpr double kMostBins = 256.0;  // beyond the logarithm of any vocabulary
  if (!(entropy > 0.0)) return 0;
  return static_cast<Index>(std::min(entropy / kEntropyBinWidth, kMostBins));
}

void Detail::add(const ScoredToken& token, DetailMode mode) {
  NF_CHECK(mode != DetailMode::none, "no detail is kept");
  if (mode == DetailMode::entropy) {
    if (!entropy) entropy.emplace();
    bin_of_entropy(token.entropy, *entropy).add(token);
    return;
  }
  bins[static_cast<std::size_t>(confidence_bin(token.confidence))].add(token);
  if (mode == DetailMode::tokens)
    tokens.push_back({.nll = token.nll,
                      .kl = token.kl,
                      .kl_reverse = token.kl_reverse,
                      .top1 = token.top1,
                      .confidence = token.confidence});
}

}  // namespace nf
