#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/figures.h"
#include "eval/results/result_lines.h"

namespace nf {

/// Whether what a twin destroys of δ matters for KL.
enum class TwinVerdict {
  not_matter,    ///< the ratio's interval lies within kSameDamage
  matters,       ///< p_holm < 0.05
  not_resolved,  ///< neither
};
/// "does not matter", "matters", "not resolved".
std::string verdict_text(TwinVerdict verdict);

/// Ratios of two KLs that count as the same damage.
inline constexpr Interval kSameDamage = {.low = 0.9, .high = 1.1};

/// The last part of a TwinRatio's note where its kind draws and has one seed.
inline constexpr const char* kSingleDraw = "one draw of the twin, of which the interval speaks";

/// A twin against its trial: a row of twins.csv.
struct TwinRatio {
  const ResultLine* twin = nullptr;  ///< its line
  std::string kind;                  ///< "permuted"
  FigureEstimate kl;                 ///< of the twin
  std::optional<double> ratio{};     ///< KL(trial)/KL(twin); none: `note` says why
  std::optional<Interval> interval{};
  std::optional<double> p{};       ///< two-sided, of the ratio against 1
  std::optional<double> p_holm{};  ///< adjusted over the twins of the trial
  TwinVerdict verdict = TwinVerdict::not_resolved;
  std::string note{};
};

/// The twins of one trial at one point of its other variables, on one model.
struct TwinGroup {
  RowKey key{};                       ///< of the trial, without `twin`
  const ResultLine* trial = nullptr;  ///< its line; null where it has not run
  std::vector<TwinRatio> twins{};     ///< those that have a KL, in the order of the lines
};

/// Whether it is the row of a twin, not of the trial itself.
bool is_twin(const RowKey& key);

/// The key of the group that a twin, or a trial that has twins, is of; none of other rows.
std::optional<RowKey> twin_group_key(const RowKey& row);

/// The twins of a model, each against its trial over the blocks that all rows of both have, seeds
/// paired as compare_trials() pairs them. A group without a twin that has run is left out. Points
/// into `model`.
std::vector<TwinGroup> twin_groups(const ModelLines& model);

}  // namespace nf
