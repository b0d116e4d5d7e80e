#pragma once

#include <span>
#include <vector>

namespace nf {

/// p-values of several tests, adjusted so that each may be compared with the level itself; in the
/// order given, at most 1.

/// Holm (Scand. J. Statist. 6, 1979): of all lines below the level, the chance that even one is so
/// by accident stays within the level, however the tests depend on each other.
std::vector<double> holm_adjusted(std::span<const double> p);
/// Benjamini and Hochberg (J. R. Statist. Soc. B 57, 1995): of all lines below the level, the
/// expected share that is so by accident stays within it, for tests that do not depend on each
/// other or depend positively, as those over one text do.
std::vector<double> benjamini_hochberg_adjusted(std::span<const double> p);

}  // namespace nf
