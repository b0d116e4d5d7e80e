#pragma once

#include <optional>
#include <span>
#include <vector>

namespace nf {

/// Ranks 1…n of values, in their order; equal ones share the mean of theirs.
std::vector<double> mid_ranks(std::span<const double> values);

/// Spearman's rank correlation, Pearson's of mid_ranks(). None of fewer than 3 values, or where all
/// of one side are equal. x, y: as many values (NF_CHECK).
std::optional<double> spearman(std::span<const double> x, std::span<const double> y);

/// The correlation of x and y that is left where both have lost what z says of them:
///   (xy − xz·yz) / √((1 − xz²)(1 − yz²)).
/// None where z says all of one of them.
std::optional<double> partial_correlation(double xy, double xz, double yz);

/// The correlation that two sums would have if two halves of each have `halves` (Spearman, Br. J.
/// Psychol. 3, 1910; Brown, ibid.): 2r/(1 + r). None below or at 0, where halves say nothing of
/// each other.
std::optional<double> spearman_brown(double halves);

}  // namespace nf
