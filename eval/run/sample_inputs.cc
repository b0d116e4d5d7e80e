#include "eval/run/sample_inputs.h"

#include <algorithm>
#include <cmath>

#include "core/random/philox.h"

namespace nf {
namespace {

/// Independent features but for a little, so that the moment is positive definite in any width.
SymmetricMatrix moment_of(Index in, double tokens) {
  SymmetricMatrix moment(in);
  for (Index r = 0; r < in; ++r) {
    for (Index c = 0; c < r; ++c)
      moment.row(r)[c] = 0.01 * tokens * std::sin(static_cast<double>(r * in + c));
    moment.row(r)[r] = tokens;
  }
  return moment;
}

InputStatistics statistics_of(const InputNeeds& needs, const CalibrationSize& size, Index in) {
  InputStatistics made;
  made.in = in;
  made.size = size;
  const auto features = static_cast<std::size_t>(in);
  const auto tokens = static_cast<double>(size.tokens);
  if (needs.ranges) {
    made.max_abs.assign(features, 4.0f);
    made.lowest.assign(features, -4.0f);
    made.highest.assign(features, 3.5f);
    made.sum.assign(features, 0.0);
    made.sum_abs.assign(features, 0.8 * tokens);
    made.sum_squares.assign(features, tokens);
    for (std::size_t i = 0; i < features; ++i)
      made.sum_abs[i] *= 1.0 + 0.5 * std::sin(static_cast<double>(i));
  }
  if (needs.second_moment) made.second_moment = moment_of(in, tokens);
  if (needs.sample) made.sample = some_values(size.sample_rows(), in);
  if (needs.weight_ranges) made.max_abs_weight.assign(features, 0.05f);
  return made;
}

}  // namespace

Matrix some_values(Index rows, Index cols) {
  Matrix values(rows, cols);
  for (Index i = 0; i < values.size(); ++i) {
    const std::uint32_t draw = element_block(static_cast<std::uint64_t>(i), 1, 0)[0];
    values.data()[i] = (static_cast<float>(draw) / 4294967296.0f - 0.5f) * 0.1f;
  }
  return values;
}

SampleInputs::SampleInputs(const SiteChain& chain, Index in) : chain_(chain) {
  for (const ChainNeed& need : chain.needs()) {
    CalibrationSize size{.tokens = 1, .windows = 1};
    const CalibrationSetPtr& set = need.calibration->set;
    if (set && !set->items.empty()) size = set->size();
    by_need_.push_back(statistics_of(need.needs, size, in));
  }
}

std::vector<StepKnowledge> SampleInputs::knowledge(const SublayerReplay* replay) const {
  std::vector<StepKnowledge> all(chain_.steps.size() + 1);
  const std::vector<ChainNeed> needs = chain_.needs();
  for (std::size_t i = 0; i < needs.size(); ++i) {
    StepKnowledge& known = all[needs[i].step];
    (needs[i].finishes ? known.finish_inputs : known.inputs) = &by_need_[i];
    if (needs[i].needs.replay) known.replay = replay;
  }
  return all;
}

}  // namespace nf
