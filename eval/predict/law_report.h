#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/analysis/compare_selector.h"
#include "eval/predict/site_size.h"
#include "eval/results/result_lines.h"
#include "eval/stats/block_sum.h"

namespace nf {

enum class LawKind {
  additive,  ///< KL = Σ α_i·t_i²
  coverage,  ///< KL = c(1 − Π(1 − a_i))
};
/// The kinds by their names on the command line.
inline constexpr std::pair<const char*, LawKind> kLawKinds[] = {{"additive", LawKind::additive},
                                                                {"coverage", LawKind::coverage}};
const char* law_kind_name(LawKind kind);

struct LawRequest {
  LawKind kind = LawKind::additive;
  SizeMeasure measure = SizeMeasure::l2;
  std::vector<TrialSelector> from{};     ///< none: noise that `each` made
  std::vector<TrialSelector> predict{};  ///< none: all others
};

/// A number with its 95 % interval over text and seeds; `note` says why there is none.
struct LawFigure {
  double value = 0.0;
  std::optional<Interval> interval{};
  std::string note{};
};

/// A part of the model, as the law has it.
struct LawPartFigures {
  RowKey key{};        ///< of the first line that it is fitted on
  std::string name{};  ///< the level
  LawFigure weight{};  ///< additive: α; coverage: β, which multiplies t² in the exponent
  std::optional<LawFigure> alone{};  ///< a_i of `each` at the corner's noise: f_i / c
  std::optional<LawFigure> left_out{};  ///< a_i of `leave_one_out`: 1 − (c − f(U))/(c − f(U∖i))
  std::optional<LawFigure> apart{};     ///< the second less the first
  std::optional<double> p{}, p_holm{};  ///< of that difference against 0
};

/// A line held against the law.
struct LawOutcome {
  RowKey key{};
  /// kind: damage_kind(), with the design where it is one of overlapping parts: "noise (pairs)".
  std::string label{}, kind{};
  bool fitted = false;  ///< the law was fitted on it, too
  LawFigure measured{}, predicted{};
  LawFigure factor{};  ///< predicted over measured
};

/// The errors of the lines of one kind that the fit never saw.
struct LawErrors {
  std::string kind{};
  Index trials = 0, too_high = 0;
  double median = 1.0;  ///< of max(factor, 1/factor)
  /// 95 % at least, over trials (order statistics); none of designs, whose parts overlap.
  std::optional<Interval> interval{};
};

/// A law of one model.
struct LawReport {
  std::string model{};
  LawKind kind = LawKind::additive;
  SizeMeasure measure = SizeMeasure::l2;
  Index fit_lines = 0;
  std::string why_none{};  ///< the finding where the law cannot be fitted
  std::optional<LawFigure> cap{};
  std::vector<LawPartFigures> parts{};
  std::vector<LawOutcome> outcomes{};  ///< in the order of the lines
  std::vector<LawErrors> errors{};     ///< by kind, in order of first appearance
  /// 1 − Σ(ln y − ln ŷ)² / Σ(ln y − mean ln y)² over the lines that the fit never saw, on its
  /// windows, those of designs of overlapping parts apart, which are many and alike; none of fewer
  /// than three.
  std::optional<double> r2{};
  Index r2_trials = 0;                 ///< these lines
  std::vector<std::string> remarks{};  ///< one line each: what could not enter
};

/// Fits and tests a law on the lines of one model.
LawReport law_report(const ModelLines& model, const LawRequest& request);

/// The interval of a median by order statistics, 95 % at least; none of fewer than six values.
std::optional<Interval> median_interval(std::vector<double> values);

}  // namespace nf
