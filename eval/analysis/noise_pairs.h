#pragma once

#include <string>
#include <vector>

#include "eval/analysis/comparison.h"
#include "eval/results/result_lines.h"

namespace nf {

/// The family of a line's noise by which curves are told apart: "gaussian", "gaussian
/// proportional", "gaussian small" (a part that `keep` names); empty of a line that is not noise
/// alone.
std::string noise_family(const RowKey& key);

/// Two lines whose δ has one size at the same sites, and differs in what it is.
struct NoisePair {
  const ResultLine* against = nullptr;  ///< noise
  const ResultLine* trial = nullptr;    ///< noise of another family, or a quantizer
  std::string against_family{};
  std::string trial_family{};  ///< empty of a quantizer
  /// KL of the trial against the other, with its ratio; p_holm is adjusted over the pairs of the
  /// model.
  LineComparison comparison{};

  /// Null where the two share no text.
  const ComparedFigure* kl() const;
};

/// The pairs of a model: noise families against that of the same sites and strength that is
/// gaussian and knows nothing of x (without one: against the first), and quantizers against the
/// noise whose strength has a `match` of them. Trials of designs and searches, and twins, are left
/// out. Points into `model`.
std::vector<NoisePair> noise_pairs(const ModelLines& model);

}  // namespace nf
