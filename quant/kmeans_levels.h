#pragma once

#include <vector>

#include "core/tensor/view.h"

namespace nf {

/// The levels, at most `count` and ascending, with the smallest Σ w·(x − nearest level)² of all:
/// one-dimensional k-means, solved exactly. Sorted values fall into runs, each of which has its
/// weighted mean for a level; where the runs end is found by dynamic programming (as in
/// 1701.07204), the first of equally good ends. There is no start to choose and nothing is drawn.
/// Fewer values than levels: the values themselves.
///
/// values: finite, one at least. weights: not negative, as many; empty, or all of them 0: every
/// value counts as much. Time count·n·log n over the n distinct values, twice that where it would
/// hold more than `most_bytes` of where runs begin; then it holds of the order of √count·n. The
/// levels are the same.
std::vector<float> kmeans_levels(ConstVectorView values, const std::vector<double>& weights,
                                 Index count, double most_bytes = 256e6);

/// Bytes that kmeans_levels() holds, at most, of n values.
double kmeans_bytes(double n, Index count, double most_bytes = 256e6);

}  // namespace nf
