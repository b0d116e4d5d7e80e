#include "tests/support/untouched_inputs.h"

#include <numeric>
#include <span>

#include "core/base/check.h"
#include "core/ops/gemm.h"
#include "perturb/input_accumulator.h"

namespace nf {
namespace {

/// Windows that pass a block together.
constexpr Index kWindowsAtOnce = 8;

class Gatherer final : public InputProbe {
 public:
  Gatherer(const DecoderSpec& spec, Index layer, const InputNeeds& needs,
           const CalibrationSize& size)
      : context_(size.tokens / size.windows) {
    for (const LinearTensors& linear : spec.block(layer).linears)
      if (spec.input_owner(linear.role) == linear.role)
        accumulators_.emplace(linear.role, InputAccumulator(needs, linear.in, size));
  }
  void begin(Index first_window) { first_window_ = first_window; }
  std::map<Role, InputStatisticsPtr> finish() {
    std::map<Role, InputStatisticsPtr> statistics;
    for (auto& [role, accumulator] : accumulators_)
      statistics[role] = std::move(accumulator).finish();
    return statistics;
  }

  bool wants(Role role) const override { return accumulators_.contains(role); }
  void see(Role role, ConstMatrixView x) override {
    for (Index first = 0; first < x.rows(); first += context_)
      accumulators_.at(role).add(first_window_ + first / context_, x.middle_rows(first, context_));
  }

 private:
  Index context_;
  Index first_window_ = 0;
  std::map<Role, InputAccumulator> accumulators_;
};

Layout windows_of(Index windows, Index context) {
  Layout layout;
  for (Index w = 0; w < windows; ++w)
    layout.segments.push_back({.first = w * context, .rows = context});
  return layout;
}

/// The sum of Ŵ·M·Ŵᵀ's diagonal, M the second moment.
double trace_of(ConstMatrixView w, const PackedWeight& moment) {
  Matrix product(w.rows(), w.cols());
  linear(w, moment, {}, product);
  double sum = 0.0;
  for (Index r = 0; r < w.rows(); ++r)
    sum +=
        std::inner_product(w.row(r), w.row(r) + w.cols(), product.view().row(r), 0.0, std::plus<>(),
                           [](float a, float b) { return static_cast<double>(a) * b; });
  return sum;
}

}  // namespace

UntouchedInputs::UntouchedInputs(Decoder& decoder, const NpyInts& ids, Index windows, Index layers,
                                 const InputNeeds& needs)
    : spec_(decoder.spec()) {
  NF_CHECK(ids.shape.size() == 2 && ids.shape[0] >= windows, "ids of {} rows", ids.shape[0]);
  const Index context = ids.shape[1];
  decoder.prepare(context);
  Matrix hidden(windows * context, spec_.hidden_size);
  decoder.embed(std::span(ids.values).first(static_cast<std::size_t>(hidden.rows())),
                windows_of(windows, context), hidden);
  for (Index layer = 0; layer < layers; ++layer) {
    const BlockWeights weights = decoder.load_block(layer);
    Gatherer gatherer(spec_, layer, needs, {.tokens = windows * context, .windows = windows});
    for (Index first = 0; first < windows; first += kWindowsAtOnce) {
      const Index count = std::min(kWindowsAtOnce, windows - first);
      gatherer.begin(first);
      decoder.run(weights, weights.packed, windows_of(count, context), nullptr,
                  hidden.view().middle_rows(first * context, count * context), &gatherer);
    }
    by_layer_.push_back(gatherer.finish());
  }
}

double output_error(ConstMatrixView made, ConstMatrixView weight, const InputStatistics& inputs) {
  Matrix moment(inputs.in, inputs.in), delta(weight.rows(), weight.cols());
  for (Index r = 0; r < inputs.in; ++r)
    for (Index c = 0; c < inputs.in; ++c)
      moment(r, c) = static_cast<float>(inputs.second_moment(r, c));
  for (Index r = 0; r < weight.rows(); ++r)
    for (Index c = 0; c < weight.cols(); ++c) delta(r, c) = made(r, c) - weight(r, c);
  const PackedWeight packed = pack_weight(moment);
  return trace_of(delta, packed) / trace_of(weight, packed);
}

}  // namespace nf
