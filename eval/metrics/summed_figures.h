#pragma once

#include <span>
#include <string_view>

#include "eval/metrics/part_sums.h"
#include "eval/metrics/scored_token.h"

namespace nf {

/// The sum that the untouched model itself has, from which a trial's differs.
enum class BaselineSum {
  measured,    ///< its own: nll
  zero,        ///< nothing, by definition: KL to itself
  all_tokens,  ///< each token counts, by definition: its top-1 is its own
};

/// A figure of scored tokens whose sum PartSums has. One entry says all that records,
/// exports, equality, tables and comparisons must know of it: they loop over the entries. A new one
/// is a member of PartSums and an entry here, besides a file of eval/metrics/kinds where its mean
/// is to be a metric.
struct SummedFigure {
  const char* name = nullptr;  ///< its key in records, its column in exports

  /// The member that holds the sum: one of the two, the other is null.
  double PartSums::*sum = nullptr;
  Index PartSums::*count = nullptr;  ///< of tokens that have it
  /// The member that says that the sum is not known; null: it always is.
  bool PartSums::*lacking = nullptr;
  /// One token's part in the sum; in a count 1 or 0; not a number where it is not known.
  double (*of_token)(const ScoredToken& token) = nullptr;

  /// Whether windows have it too; else only choices of questions have it.
  bool of_windows = true;
  /// Whether choices of questions have it; else only windows have it.
  bool of_choices = true;
  /// The key under which choices have the sum with its sign turned; null: they have it as windows
  /// do.
  const char* negative_in_choices = nullptr;

  /// Name of the mean over tokens, a metric; null: neither it nor a difference is a figure of text.
  const char* mean = nullptr;
  const char* unit = nullptr;        ///< of the mean
  const char* label = nullptr;       ///< of the mean on the terminal; shares are told in percent
  const char* difference = nullptr;  ///< name of the mean difference to the baseline
  BaselineSum baseline = BaselineSum::measured;
  bool higher_is_better = false;
  /// Whether stop rules look at it, or at one that is small where it is: its intervals are then the
  /// sequence's.
  bool watched_by_stop = false;
  /// Whether `compare` shows it only where it is named: most ask for other figures.
  bool where_named = false;

  bool is_count() const { return count != nullptr; }
  const char* key_in_choices() const { return negative_in_choices ? negative_in_choices : name; }
  double sign_in_choices() const { return negative_in_choices ? -1.0 : 1.0; }

  /// The sum, or the count as a number.
  double sum_of(const PartSums& sums) const;
  void set(double value, PartSums& sums) const;
  bool is_known(const PartSums& sums) const { return lacking == nullptr || !(sums.*lacking); }
  /// The mean over tokens; not a number where the sum is not known, or of no tokens.
  double mean_of(const PartSums& sums) const;
  /// Makes it 0, of parts that do not have it.
  void clear(PartSums& sums) const;
  /// The difference between the trial and the baseline in one part; both over its tokens.
  double difference_of(const PartSums& trial, const PartSums& of_baseline) const;
  /// The size of the sums that difference_of() is made of, which rounding is a share of; 0 of a
  /// count, which is exact.
  double summed_size(const PartSums& trial, const PartSums& of_baseline) const;
};

/// All figures, in the order of their columns.
std::span<const SummedFigure> summed_figures();
/// The figures that windows have.
std::span<const SummedFigure> window_figures();
/// The figures that choices of questions have.
std::span<const SummedFigure> choice_figures();
/// The figure with that mean; nullptr where there is none.
const SummedFigure* find_summed_mean(std::string_view mean);

}  // namespace nf
