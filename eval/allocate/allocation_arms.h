#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eval/allocate/allocation_sites.h"

namespace nf {

/// A trial of the experiment that tests an allocation.
struct AllocationArm {
  std::string name{};
  Allocation allocation{};  ///< its choices are places in the points of bits
};

struct AllocationRequest {
  std::vector<Index> bits{};  ///< of the choices, ascending
  /// Damage of a site, by its name, for t² = 1.
  std::function<double(const std::string& site)> weight{};
  double bits_a_weight = 0.0;  ///< the size, at most
};

/// "allocated", the least Σ weight·t²; "uniform-B" of the nearest sizes below (or equal) and above;
/// "by-l2", the least Σ of squared relative L2; "random-1" to "random-5". In this order. Throws
/// ConfigError where the smallest choices are larger than the size.
std::vector<AllocationArm> allocation_arms(const std::vector<AllocationSite>& sites,
                                           const AllocationRequest& request);

/// Weights of all sites together.
Index weights_of(const std::vector<AllocationSite>& sites);

}  // namespace nf
