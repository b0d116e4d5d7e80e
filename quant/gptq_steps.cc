#include "quant/gptq_steps.h"

#include <algorithm>
#include <bit>

#include "core/base/check.h"

namespace nf {

std::vector<GptqStep> gptq_steps(Index in, Index group, Index block) {
  NF_CHECK(group >= 1 && block >= 1, "groups of {}, blocks of {}", group, block);
  std::vector<GptqStep> steps;
  for (Index first = 0; first < in; first += std::min(group, in)) {
    const Index begin = first / block * block;
    if (steps.empty() || begin != steps.back().begin) {
      if (!steps.empty()) steps.back().end = begin;
      steps.push_back({begin, in, 0});
    }
    steps.back().reach = first + std::min(group, in - first);
  }
  return steps;
}

Index cut_of(const std::vector<GptqStep>& steps, Index first, Index last) {
  NF_CHECK(last - first >= 2, "steps {} to {}", first, last);
  const auto step = [&](Index i) { return steps[static_cast<std::size_t>(i)]; };
  const auto half = static_cast<Index>(std::bit_floor(static_cast<std::size_t>(last - first - 1)));
  // Steps reach further and further, so the last one before the cut says it all.
  Index cut = first + half;
  while (cut > first + 1 && step(cut - 1).reach > step(cut).begin) --cut;
  return cut;
}

}  // namespace nf
