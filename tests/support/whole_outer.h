#pragma once

#include <string>
#include <vector>

#include "eval/run/distorted_weights.h"

namespace nf {

/// The embedding or the head as a chain makes it in one piece, held as a whole: what is made part
/// by part must have the same bits.
struct WholeOuter {
  WholeOuter(const Decoder& decoder, Role role, const SiteChain& chain, std::uint64_t seed,
             bool measure = true, bool complete = true)
      : weight(decoder.spec().vocab_size, decoder.spec().embedding_size()),
        distorted(weight.rows(), weight.cols()) {
    decoder.read_outer(role, 0, weight);
    problem = distort_weight(chain, seed, measure, complete, weight, distorted, sites);
  }

  Matrix weight, distorted;  ///< [V, E]
  std::vector<SiteStats> sites;
  std::string problem;
};

}  // namespace nf
