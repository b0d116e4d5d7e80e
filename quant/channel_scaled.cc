#include "quant/channel_scaled.h"

#include <optional>
#include <utility>

#include "core/base/check.h"
#include "quant/awq_search.h"
#include "quant/scaled_columns.h"
#include "quant/scaled_statistics.h"
#include "quant/smoothquant_scale.h"

namespace nf {
namespace {

/// The coordinates in which the inner quantizer sees a weight or an input.
class Coordinates {
 public:
  Coordinates(SiteTensor tensor, std::vector<float> scale)
      : is_weight_(tensor == SiteTensor::weight), scale_(std::move(scale)) {}

  ConstVectorView scale() const { return scale_; }
  /// out ← x in these coordinates. x, out: [rows, in], may be the same
  void enter(ConstMatrixView x, MatrixView out) const {
    is_weight_ ? multiply_columns(x, scale_, out) : divide_columns(x, scale_, out);
  }
  /// out ← x in those of the original tensor.
  void leave(ConstMatrixView x, MatrixView out) const {
    is_weight_ ? divide_columns(x, scale_, out) : multiply_columns(x, scale_, out);
  }

 private:
  bool is_weight_;
  std::vector<float> scale_;
};

/// A replay whose candidates are in other coordinates.
class ScaledReplay final : public SublayerReplay {
 public:
  ScaledReplay(const SublayerReplay& original, const Coordinates& coordinates)
      : original_(original), coordinates_(coordinates) {}

  double error(Around around, std::span<const Candidate> candidates) const override {
    std::vector<Matrix> weights;
    std::vector<Candidate> taken_back;
    for (const Candidate& candidate : candidates) {
      Matrix& weight = weights.emplace_back(candidate.weight.rows(), candidate.weight.cols());
      coordinates_.leave(candidate.weight, weight);
      taken_back.push_back({candidate.role, weight});
    }
    return original_.error(around, taken_back);
  }
  bool reads_alone(Role role) const override { return original_.reads_alone(role); }

 private:
  const SublayerReplay& original_;
  const Coordinates& coordinates_;
};

/// A matrix in other coordinates.
class ScaledRows final : public RowSource {
 public:
  ScaledRows(const RowSource& original, const Coordinates& coordinates)
      : original_(original), coordinates_(coordinates) {}

  Index rows() const override { return original_.rows(); }
  Index cols() const override { return original_.cols(); }
  Index rows_together() const override { return original_.rows_together(); }
  void read(Index first, MatrixView part) const override {
    original_.read(first, part);
    coordinates_.enter(part, part);
  }

 private:
  const RowSource& original_;
  const Coordinates& coordinates_;
};

/// The context of the inner quantizer, all of it in its own coordinates.
class InnerContext {
 public:
  InnerContext(const Distortion& inner, const Coordinates& coordinates,
               const DistortionContext& context)
      : context_(context) {
    const InputNeeds needs = inner.input_needs(context.site.tensor);
    context_.choice = nullptr;
    context_.inputs = nullptr;
    context_.replay = nullptr;
    if (needs.empty()) return;
    statistics_ = scaled_statistics(*context.inputs, coordinates.scale(), needs);
    context_.inputs = &statistics_;
    if (needs.replay && context.replay != nullptr)
      context_.replay = &replay_.emplace(*context.replay, coordinates);
  }
  InnerContext(const InnerContext&) = delete;  // the context points into it
  InnerContext& operator=(const InnerContext&) = delete;
  ~InnerContext() = default;

  const DistortionContext& operator*() const { return context_; }

 private:
  InputStatistics statistics_;
  std::optional<ScaledReplay> replay_;
  DistortionContext context_;
};

Json config_of(const ChannelScaleRule& rule) {
  if (const auto* awq = std::get_if<AwqRule>(&rule)) return {{"awq", {{"steps", awq->steps}}}};
  return {{"smoothquant", {{"alpha", std::get<SmoothQuantRule>(rule).alpha}}}};
}

}  // namespace

ChannelScaled::ChannelScaled(DistortionPtr inner, ChannelScaleRule rule)
    : inner_(std::move(inner)), rule_(std::move(rule)) {
  NF_CHECK(!inner_->chooses(), "two choices of one entry: {}", inner_->config().dump());
}

std::vector<float> ChannelScaled::scale_of(Index in, const DistortionContext& context) const {
  const InputStatistics& inputs = needed_inputs(ConstMatrixView(nullptr, 0, in), context);
  if (const auto* smoothquant = std::get_if<SmoothQuantRule>(&rule_))
    return smoothquant_scale(inputs, smoothquant->alpha);
  const auto* choice = dynamic_cast<const AwqChoice*>(context.choice);
  NF_CHECK(choice != nullptr, "{}: no scales were chosen", context.site.name());
  return choice->scale;
}

DistortionReport ChannelScaled::apply(ConstMatrixView x, const DistortionContext& context,
                                      MatrixView distorted) const {
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  const Coordinates coordinates(context.tensor(), scale_of(x.cols(), context));
  const InnerContext inner(*inner_, coordinates, context);
  Matrix scaled(x.rows(), x.cols());
  coordinates.enter(x, scaled);
  DistortionReport report = inner_->apply(scaled, *inner, distorted);
  if (context.integers != nullptr)
    context.integers->channel.assign(coordinates.scale().begin(), coordinates.scale().end());
  coordinates.leave(distorted, distorted);
  if (const auto* choice = dynamic_cast<const AwqChoice*>(context.choice))
    report.join({.notes = {{"ratio", choice->ratio}}});
  return report;
}

IntegerLevels ChannelScaled::integer_levels(SiteTensor tensor) const {
  if (awq() != nullptr)
    return {.problem =
                "inputs are not rounded under the scales of awq, which then stay in the "
                "products; write channel_scale: {smoothquant: {alpha: 0.5}} on both"};
  IntegerLevels levels = inner_->integer_levels(tensor);
  levels.channel_scale = config_of(rule_);
  return levels;
}

void ChannelScaled::local_step(ConstMatrixView x, const DistortionContext& context,
                               MatrixView step) const {
  NF_CHECK_SHAPE(step, x.rows(), x.cols());
  const Coordinates coordinates(context.tensor(), scale_of(x.cols(), context));
  const InnerContext inner(*inner_, coordinates, context);
  Matrix scaled(x.rows(), x.cols());
  coordinates.enter(x, scaled);
  inner_->local_step(scaled, *inner, step);
  coordinates.leave(step, step);
}

void ChannelScaled::levels_around(ConstMatrixView x, const DistortionContext& context,
                                  MatrixView lower, MatrixView upper) const {
  NF_CHECK_SHAPE(lower, x.rows(), x.cols());
  const Coordinates coordinates(context.tensor(), scale_of(x.cols(), context));
  const InnerContext inner(*inner_, coordinates, context);
  Matrix scaled(x.rows(), x.cols());
  coordinates.enter(x, scaled);
  inner_->levels_around(scaled, *inner, lower, upper);
  coordinates.leave(lower, lower);
  coordinates.leave(upper, upper);
}

InputNeeds ChannelScaled::input_needs(SiteTensor tensor) const {
  // AWQ wants the replay for some roles and the second moment for others. An interface that knew
  // the role would save a sixth of the block's products of its inputs at most, beside a search
  // that runs the block as often as there are ratios.
  const InputNeeds own = awq() != nullptr
                             ? InputNeeds{.ranges = true, .second_moment = true, .replay = true}
                             : InputNeeds{.ranges = true, .weight_ranges = true};
  return own.joined(inner_->input_needs(tensor));
}

TensorChoicePtr ChannelScaled::choose(const TensorReaders& readers,
                                      const DistortionContext& context) const {
  if (awq() == nullptr) return nullptr;
  return search_awq_scale(awq()->steps, *awq()->rounding, readers, context);
}

double ChannelScaled::scratch_bytes(Index rows, Index cols) const {
  const double matrix = sizeof(float) * static_cast<double>(rows * cols);
  const InputNeeds inner_needs = inner_->input_needs(SiteTensor::weight);
  // The scaled weight, and a candidate taken back for the replay.
  return (inner_needs.replay ? 2.0 : 1.0) * matrix + inner_->scratch_bytes(rows, cols) +
         inner_needs.bytes(cols);
}

MatrixFiguresPtr ChannelScaled::figures(const RowSource& x,
                                        const DistortionContext& context) const {
  const Coordinates coordinates(context.tensor(), scale_of(x.cols(), context));
  const InnerContext inner(*inner_, coordinates, context);
  return inner_->figures(ScaledRows(x, coordinates), *inner);
}

Json ChannelScaled::config() const {
  Json json = inner_->config();
  json["channel_scale"] = config_of(rule_);
  return json;
}

}  // namespace nf
