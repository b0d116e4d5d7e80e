#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/stats/mean_difference.h"

namespace nf {

/// Two trials whose means are to be divided: a figure that is above 0 by nature, such as KL.
struct RatioRows {
  std::vector<BlockSums> first{}, second{};  ///< shapes as in difference_of_pairs()
  bool apart = false;    ///< the seeds have nothing in common: difference_of_groups()
  bool watched = false;  ///< as MeanDifference::watched
};

/// Second - ratio·first, whose mean is 0 where `ratio` is the ratio of the means.
MeanDifference difference_at(const RatioRows& rows, double ratio);

/// Mean of the second over mean of the first, with what the data do not speak against.
struct MeanRatio {
  std::optional<double> ratio{};       ///< none where the first mean is not above 0
  std::optional<Interval> interval{};  ///< none: `note` says why
  std::string note{};
};

/// The interval holds every ratio at which that of difference_at() holds 0 (Fieller, J. R. Statist.
/// Soc. B 16, 1954, with the intervals of differences in the place of Student's). So text that is
/// hard for both drops out, seeds enter as they do in a difference, and 1 lies outside exactly
/// where 0 lies outside that of the difference. Its lower end is never below 0. None where that of
/// the difference has none, or where the first mean cannot be told from 0: the ratio has no upper
/// end then.
MeanRatio ratio_of_means(const RatioRows& rows, double tail = 0.025);

}  // namespace nf
