#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/model/decoder_spec.h"
#include "eval/allocate/allocation.h"
#include "eval/experiment/trial.h"
#include "eval/predict/site_size.h"

namespace nf {

/// One weight that bits are chosen for.
struct AllocationSite {
  Site site{};
  Index weights = 0;
  std::vector<std::int64_t> sizes{};  ///< bits, one for each choice
  std::vector<double> t2{};           ///< squared size of δ by the law's measure, likewise
  std::vector<double> l2{};           ///< squared relative L2, likewise
};

/// A point of the trial's sweep: what it does to the weights at these bits.
struct BitsPoint {
  Index bits = 0;
  const Trial* trial = nullptr;          ///< resolved, on the model
  std::vector<const ResultRow*> rows{};  ///< one a seed, at least one
};

/// A weight [out, in] of a model, in the blocks or outside.
std::pair<Index, Index> weight_shape(const Site& site, const DecoderSpec& spec);

/// The bits of a trial's quantizers of weights. Throws ConfigError, beginning with its name, where
/// it has none or several.
Index bits_of_weights(const Trial& trial);

/// The weights that all points quantize, in the order of the forward pass. Throws ConfigError where
/// points differ in more than the bits of their weights.
std::vector<AllocationSite> allocation_sites(const std::vector<BitsPoint>& points,
                                             SizeMeasure measure, const DecoderSpec& spec);

/// The entries of a trial that gives each site the bits of its choice, as a list of YAML.
Json allocated_entries(const std::vector<BitsPoint>& points,
                       const std::vector<AllocationSite>& sites,
                       const std::vector<std::size_t>& choices, const DecoderSpec& spec);

}  // namespace nf
