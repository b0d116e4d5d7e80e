#include "eval/metrics/detail.h"

#include <algorithm>

#include "core/base/check.h"

namespace nf {

void ConfidenceBin::add(const ConfidenceBin& more) {
  tokens += more.tokens;
  nll += more.nll;
  baseline_nll += more.baseline_nll;
  kl += more.kl;
  kl_reverse += more.kl_reverse;
  top1 += more.top1;
}

Index confidence_bin(double confidence) {
  // Also where logits are not finite; such a trial has failed, and its detail goes nowhere.
  if (!(confidence > 0.0)) return 0;
  return std::min(static_cast<Index>(std::min(confidence, 1.0) * double{kConfidenceBins}),
                  kConfidenceBins - 1);
}

void Detail::add(const TokenDetail& token, double baseline_nll, DetailMode mode) {
  NF_CHECK(mode != DetailMode::none, "no detail is kept");
  bins[static_cast<std::size_t>(confidence_bin(token.confidence))].add(
      {.tokens = 1,
       .nll = token.nll,
       .baseline_nll = baseline_nll,
       .kl = token.kl,
       .kl_reverse = token.kl_reverse,
       .top1 = token.top1 ? 1 : 0});
  if (mode == DetailMode::tokens) tokens.push_back(token);
}

}  // namespace nf
