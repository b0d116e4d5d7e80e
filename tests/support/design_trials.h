#pragma once

#include <string>

namespace nf {

/// Parts of trials written as YAML, for experiments on tiny models.
inline const std::string kNoise =
    "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]";
inline const std::string kQuantizer =
    "quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}]";
/// A search for each role; a few steps reach its target.
inline const std::string kTolerance =
    "  - name: tolerance\n"
    "    each: role\n"
    "    bisect: {range: [0.001, 2], target: {kl: 0.0005}, rel_tolerance: 0.05, max_steps: 12}\n"
    "    perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
    "\"${bisect}\"}}]\n";

}  // namespace nf
