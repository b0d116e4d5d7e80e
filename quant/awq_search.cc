#include "quant/awq_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "perturb/output_error.h"
#include "quant/powers.h"
#include "quant/scaled_columns.h"

namespace nf {
namespace {

/// Of a scale before all of them are centred.
constexpr float kSmallest = 1e-4f;

/// The linears of one tensor, rounded again and again under other scales.
class ScaleTrials {
 public:
  ScaleTrials(const Distortion& rounding, const TensorReaders& readers,
              const DistortionContext& context)
      : rounding_(rounding), readers_(readers), context_(context) {
    NF_CHECK(!readers.sites.empty() && readers.sites.size() == readers.weights.size(),
             "{} sites, {} weights", readers.sites.size(), readers.weights.size());
    NF_CHECK(rounding.input_needs(SiteTensor::weight).empty(), "{} needs its inputs",
             rounding.config().dump());
    for (const ConstMatrixView weight : readers.weights)
      candidates_.emplace_back(weight.rows(), weight.cols());
  }

  double loss(ConstVectorView scale) {
    parallel_for(std::ssize(candidates_), [&](Index i) { round(i, scale); });
    return alone() ? own_loss() : sublayer_loss(Sublayer::attention) + sublayer_loss(Sublayer::mlp);
  }

 private:
  bool alone() const {
    const Role role = readers_.sites.front().role;
    if (!is_block_role(role) || role == Role::o_proj || role == Role::down_proj) return true;
    NF_CHECK(context_.replay != nullptr, "{}: no replay", context_.site.name());
    return context_.replay->reads_alone(role);
  }

  /// The candidate of a linear: Q(W·diag(s))·diag(1/s).
  void round(Index i, ConstVectorView scale) {
    const auto at = static_cast<std::size_t>(i);
    thread_local Matrix scaled;
    const ConstMatrixView weight = readers_.weights[at];
    scaled.resize(weight.rows(), weight.cols());
    multiply_columns(weight, scale, scaled);
    rounding_.apply(scaled, {.site = readers_.sites[at]}, candidates_[at]);
    divide_columns(candidates_[at], scale, candidates_[at]);
  }

  double own_loss() {
    NF_CHECK(candidates_.size() == 1, "{} linears read a tensor alone", candidates_.size());
    MatrixView delta = candidates_.front();
    const ConstMatrixView weight = readers_.weights.front();
    for (Index r = 0; r < delta.rows(); ++r)
      for (Index c = 0; c < delta.cols(); ++c) delta(r, c) -= weight(r, c);
    return output_error(delta, context_.inputs->second_moment) /
           static_cast<double>(context_.inputs->size.tokens * delta.rows());
  }

  double sublayer_loss(Sublayer sublayer) const {
    std::vector<SublayerReplay::Candidate> candidates;
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      if (sublayer_of(readers_.sites[i].role) == sublayer)
        candidates.push_back({readers_.sites[i].role, candidates_[i]});
    if (candidates.empty()) return 0.0;
    return context_.replay->error(SublayerReplay::Around::untouched, candidates);
  }

  const Distortion& rounding_;
  const TensorReaders& readers_;
  const DistortionContext& context_;
  std::vector<Matrix> candidates_;
};

}  // namespace

std::vector<float> awq_scale(const InputStatistics& inputs, double ratio) {
  std::vector<float> mean;
  for (const double sum : inputs.sum_abs)
    mean.push_back(static_cast<float>(sum / static_cast<double>(inputs.size.tokens)));
  std::vector<float> scale = powers(mean, ratio);
  for (float& s : scale) s = std::max(s, kSmallest);
  const auto [least, most] = std::minmax_element(scale.begin(), scale.end());
  const float middle = std::sqrt(*most * *least);
  for (float& s : scale) s /= middle;
  return scale;
}

std::shared_ptr<const AwqChoice> search_awq_scale(Index steps, const Distortion& rounding,
                                                  const TensorReaders& readers,
                                                  const DistortionContext& context) {
  NF_CHECK(steps >= 1, "{} steps", steps);
  NF_CHECK(context.inputs != nullptr, "{}: no statistics of its inputs", context.site.name());
  const auto choice = std::make_shared<AwqChoice>();
  ScaleTrials trials(rounding, readers, context);
  double best = std::numeric_limits<double>::infinity();
  for (Index i = 0; i < steps; ++i) {
    const double ratio = static_cast<double>(i) / static_cast<double>(steps);
    std::vector<float> scale = awq_scale(*context.inputs, ratio);
    const double loss = trials.loss(scale);
    choice->losses.push_back(loss);
    if (i > 0 && !(loss < best)) continue;
    best = loss;
    choice->ratio = ratio;
    choice->scale = std::move(scale);
  }
  return choice;
}

}  // namespace nf
