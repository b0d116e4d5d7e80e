#include "eval/metrics/detail.h"

#include <algorithm>

#include "core/base/check.h"
#include "eval/metrics/summed_figures.h"

namespace nf {

void ConfidenceBin::add(const ConfidenceBin& more) {
  sums.add(more.sums);
  baseline_nll += more.baseline_nll;
}

std::vector<BinColumn> bin_columns(const ConfidenceBin& bin) {
  std::vector<BinColumn> columns;
  for (const SummedFigure& figure : window_figures()) {
    if (figure.mean == nullptr) continue;
    columns.push_back({figure.mean, figure.sum_of(bin.sums)});
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

void Detail::add(const ScoredToken& token, DetailMode mode) {
  NF_CHECK(mode != DetailMode::none, "no detail is kept");
  ConfidenceBin& bin = bins[static_cast<std::size_t>(confidence_bin(token.confidence))];
  bin.sums.add(token);
  bin.baseline_nll += token.baseline_nll;
  if (mode == DetailMode::tokens)
    tokens.push_back({.nll = token.nll,
                      .kl = token.kl,
                      .kl_reverse = token.kl_reverse,
                      .top1 = token.top1,
                      .confidence = token.confidence});
}

}  // namespace nf
