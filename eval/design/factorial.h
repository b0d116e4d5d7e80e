#pragma once

#include <optional>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A design of more runs than that is a mistake.
inline constexpr Index kMostFactorialRuns = 1024;

/// A regular two-level fractional factorial design (Box and Hunter, The 2^(k-p) fractional
/// factorial designs, Technometrics 3, 1961): which factors are on in each of 2^m runs. It is the
/// principal fraction, so run 0 has none on. A factor is a column, a non-zero vector of GF(2)^m;
/// it is on in the runs r whose bits r AND column are odd in number.
struct FactorialDesign {
  std::vector<Index> columns;  ///< one per factor, ascending; each power of two below runs is one
  Index runs = 1;              ///< 2^m, run 0 counted

  bool is_on(Index factor, Index run) const;
};

/// The design of fewest runs that this construction has for `factors`, at least 1; none beyond
/// kMostFactorialRuns. resolution 4: main effects are clear of interactions of two; 5: these are
/// clear of each other too. That is so where any resolution - 1 columns are independent (Bose,
/// Mathematical theory of the symmetrical factorial design, Sankhyā 8, 1947), so columns are taken
/// greedily: each number in turn that is no sum (XOR) of resolution - 2 or fewer of those before, a
/// lexicographic code's check matrix (Conway and Sloane, IEEE Trans. Inf. Theory 32, 1986).
/// resolution 4 holds as many factors as there can be, half as many as runs; 5 holds 5, 6, 8, 11
/// and 17 in 16, 32, 64, 128 and 256 runs, which is as many as is possible, then 21 and 29.
std::optional<FactorialDesign> factorial_design(Index factors, Index resolution);

}  // namespace nf
