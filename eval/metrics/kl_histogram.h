#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// How many scored tokens have which KL: bin k holds 2^(k/32) ≤ KL < 2^((k+1)/32) nats, from
/// k = kFirstKlBin on, and kFirstKlBin - 1 what is less, 0 too. Counts add up exactly, in any
/// order, so that quantiles do not depend on how a text was cut.
class KlHistogram {
 public:
  /// kl: nats, not negative.
  void add(double kl);
  void add(const KlHistogram& more);

  Index count() const;
  /// The ⌈p·n⌉-th smallest of n values, p = per_mille / 1000 in (0, 1]: its bin's geometric middle,
  /// which is within 1.1 % of it; 0 below the first bin. Not a number where there is none.
  double quantile(Index per_mille) const;
  /// The rank-th smallest value, likewise. rank: 1 to count().
  double value_at(Index rank) const;
  /// Number of values in the bin of `kl` and below.
  Index count_up_to(double kl) const;

  /// The histogram as letters, digits, '-' and '_', of six bits each. The bins that hold something,
  /// ascending, each as its distance to the one before and its count, both less 1, in exponential
  /// Golomb codes: well below one character a value where values are many.
  std::string packed() const;
  /// The histogram; none where the text is not what packed() makes.
  static std::optional<KlHistogram> unpacked(std::string_view text);
  /// count() of the same; none likewise.
  static std::optional<Index> packed_count(std::string_view text);
  /// Adds the same; false, and nothing is added, where unpacked() has none.
  bool add_packed(std::string_view text);

  bool operator==(const KlHistogram&) const = default;

 private:
  /// Adds `count` values to the bin at a place in counts_.
  void add_at(Index place, Index count);

  std::vector<Index> counts_;  ///< from the bin below the first on, up to the last that holds some
};

inline constexpr Index kKlBinsOfAnOctave = 32;
inline constexpr Index kFirstKlBin = -1280;
/// The bin of a KL; kFirstKlBin - 1 of what is less than the first one's, and of not a number.
Index kl_bin(double kl);
/// The lower end of a bin, 2^(k/32) nats, to the last bit of a double.
double kl_bin_edge(Index bin);

}  // namespace nf
