#include "eval/run/stage.h"

#include <algorithm>
#include <cmath>

namespace nf {

double block_flops(const DecoderSpec& spec, Index tokens) {
  double weights = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears)
    weights += static_cast<double>(linear.out) * static_cast<double>(linear.in);
  const double t = static_cast<double>(tokens);
  const double width = static_cast<double>(spec.num_attention_heads * spec.head_dim);
  return 2.0 * t * weights + 2.0 * t * t * width;  // scores and mixing, the causal half of each
}

double head_flops(const DecoderSpec& spec, Index tokens) {
  return 2.0 * static_cast<double>(tokens) * static_cast<double>(spec.hidden_size) *
         static_cast<double>(spec.vocab_size);
}

double stage_flops(const DecoderSpec& spec, const TokenWindows& windows, const Stage& stage) {
  double flops = 0.0;
  for (Index w = stage.first; w < stage.last; ++w) {
    const Index tokens = static_cast<Index>(windows.window(w).size());
    flops += static_cast<double>(spec.num_hidden_layers) * block_flops(spec, tokens) +
             head_flops(spec, tokens - 1);
  }
  return flops;
}

std::vector<Stage> cut_stages(const DecoderSpec& spec, const TokenWindows& windows, Index lanes) {
  const Index context = windows.context();
  const double lane_count = static_cast<double>(lanes);
  const double flops =
      lane_count * (static_cast<double>(spec.num_hidden_layers) * block_flops(spec, context) +
                    head_flops(spec, context));
  const double bytes = lane_count * 4.0 * static_cast<double>(context * spec.hidden_size);
  const Index per_stage = std::clamp<Index>(
      static_cast<Index>(std::min(kStageFlops / flops, kStageBytes / bytes)), 1, windows.count());
  std::vector<Stage> stages;
  for (Index first = 0; first < windows.count(); first += per_stage)
    stages.push_back({first, std::min(first + per_stage, windows.count())});
  return stages;
}

}  // namespace nf
