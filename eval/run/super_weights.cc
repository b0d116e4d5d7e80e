#include "eval/run/super_weights.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "eval/run/stage_runner.h"
#include "perturb/distortion.h"

namespace nf {
namespace {

constexpr double kLeastShare = 0.5, kLeastOutput = 10.0;

/// One value of a weight becomes 0.
class ZeroedValue final : public Distortion {
 public:
  ZeroedValue(Index row, Index column) : row_(row), column_(column) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext&,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), distorted.row(r));
    distorted(row_, column_) = 0.0f;
    return {};
  }
  Json config() const override { return {{"zeroed", {row_, column_}}}; }

 private:
  Index row_, column_;
};

Index place_of_largest(const std::vector<double>& values) {
  return std::max_element(values.begin(), values.end(),
                          [](double a, double b) { return std::abs(a) < std::abs(b); }) -
         values.begin();
}

Matrix read_down(const Decoder& decoder, Index layer) {
  for (const LinearTensors& linear : decoder.spec().block(layer).linears)
    if (linear.role == Role::down_proj) {
      Matrix weight(linear.out, linear.in);
      decoder.read_weight(layer, Role::down_proj, weight);
      return weight;
    }
  return {};
}

std::vector<double> outputs(const Matrix& weight, const std::vector<float>& x) {
  std::vector<double> y(static_cast<std::size_t>(weight.rows()));
  for (Index r = 0; r < weight.rows(); ++r)
    for (Index c = 0; c < weight.cols(); ++c)
      y[static_cast<std::size_t>(r)] +=
          static_cast<double>(weight(r, c)) * static_cast<double>(x[static_cast<std::size_t>(c)]);
  return y;
}

std::optional<SuperWeight> candidate(const Matrix& weight, const ValueProfile::Peak& peak) {
  const std::vector<double> y = outputs(weight, peak.row);
  const Index row = place_of_largest(y), column = peak.channel;
  const double output = y[static_cast<std::size_t>(row)];
  double others = 0.0;
  for (Index r = 0; r < std::ssize(y); ++r)
    if (r != row) others += y[static_cast<std::size_t>(r)] * y[static_cast<std::size_t>(r)];
  const double rms = std::sqrt(others / std::max(1.0, static_cast<double>(y.size()) - 1.0));
  const double value = static_cast<double>(weight(row, column));
  const double input = static_cast<double>(peak.value), share = value * input / output;
  if (!(share >= kLeastShare) || !(std::abs(output) >= kLeastOutput * rms)) return std::nullopt;
  return SuperWeight{.site = {},
                     .row = row,
                     .column = column,
                     .weight = value,
                     .input = input,
                     .output = output,
                     .share = share};
}

/// Row and column of the largest |w| that is another one.
std::pair<Index, Index> largest_other(const Matrix& weight, const SuperWeight& than) {
  std::pair<Index, Index> place{0, 0};
  float most = -1.0f;
  for (Index r = 0; r < weight.rows(); ++r)
    for (Index c = 0; c < weight.cols(); ++c)
      if (std::abs(weight(r, c)) > most && (r != than.row || c != than.column)) {
        most = std::abs(weight(r, c));
        place = {r, c};
      }
  return place;
}

Index layer_of(const Decoder& decoder, const std::string& site) {
  for (Index layer = 0; layer < decoder.spec().num_hidden_layers; ++layer)
    if (Site{layer, Role::down_proj, SiteTensor::weight}.name() == site) return layer;
  NF_CHECK(false, "no layer of {}", site);
}

/// KL per token of a lane; 0 tokens where it failed.
std::pair<double, Index> kl_of(const LaneResult& lane) {
  double kl = 0.0;
  Index tokens = 0;
  for (const std::vector<PartSums>& item : lane.items)
    for (const PartSums& part : item) {
      kl += part.kl;
      tokens += part.tokens;
    }
  return {tokens == 0 ? 0.0 : kl / static_cast<double>(tokens), tokens};
}

}  // namespace

std::vector<SuperWeight> find_super_weights(const Decoder& decoder, const ProfileParts& seen,
                                            const std::function<bool()>& should_stop) {
  std::vector<SuperWeight> found;
  for (Index layer = 0; layer < decoder.spec().num_hidden_layers; ++layer) {
    const SiteProfile* const input =
        seen.find(Site{layer, Role::down_proj, SiteTensor::input}.name());
    if (input == nullptr || input->values.peak.row.empty()) continue;
    if (should_stop()) throw Interrupted();
    std::optional<SuperWeight> own = candidate(read_down(decoder, layer), input->values.peak);
    if (!own) continue;
    own->site = Site{layer, Role::down_proj, SiteTensor::weight}.name();
    found.push_back(std::move(*own));
  }
  std::stable_sort(found.begin(), found.end(), [](const SuperWeight& a, const SuperWeight& b) {
    return std::abs(a.output) > std::abs(b.output);
  });
  return found;
}

void confirm_super_weights(const Decoder& decoder, const EvalSet& set,
                           std::vector<SuperWeight>& weights,
                           const std::function<bool()>& should_stop) {
  const std::size_t count = std::min(weights.size(), kMostConfirmed);
  if (count == 0) return;
  std::vector<ModelTrial> trials;
  for (std::size_t i = 0; i < count; ++i) {
    const Site site{layer_of(decoder, weights[i].site), Role::down_proj, SiteTensor::weight};
    const auto [row, column] = largest_other(read_down(decoder, site.layer), weights[i]);
    for (const auto& [r, c] :
         {std::pair(weights[i].row, weights[i].column), std::pair(row, column)})
      trials.push_back(
          ModelTrial::at_weight(decoder.spec(), std::make_shared<const ZeroedValue>(r, c), site));
  }
  std::vector<Lane> lanes;
  for (const ModelTrial& trial : trials) lanes.push_back({.trial = &trial});
  const StageHooks hooks{
      .should_stop = should_stop,
      .lanes_done = [&weights](std::size_t first, std::vector<LaneResult> results) {
        for (std::size_t i = 0; i < results.size(); ++i) {
          const auto [kl, tokens] = kl_of(results[i]);
          SuperWeight& own = weights[(first + i) / 2];
          ((first + i) % 2 == 0 ? own.kl : own.control) = kl;
          if ((first + i) % 2 == 0) own.tokens = tokens;
        }
      }};
  run_stage(decoder, set, Stage(0, std::min(kConfirmWindows, set.windows)), lanes,
            {.lanes = std::vector<Index>(lanes.size(), 1)}, StatsMode::none, hooks);
}

}  // namespace nf
