#pragma once

#include <span>
#include <vector>

namespace nf {

/// p-values of several tests, adjusted so that each may be compared with the level itself; in the
/// order given, at most 1.

/// Holm (Scand. J. Statist. 6, 1979): the chance that even one of the lines below the level is
/// there by accident stays within the level, however the tests depend on each other.
std::vector<double> holm_adjusted(std::span<const double> p);
/// Benjamini and Hochberg (J. R. Statist. Soc. B 57, 1995): the expected share of the lines below
/// the level that are there by accident stays within it, for tests that do not depend on each other
/// or depend positively, as those over one text do.
std::vector<double> benjamini_hochberg_adjusted(std::span<const double> p);

}  // namespace nf
