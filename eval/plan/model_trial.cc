#include "eval/plan/model_trial.h"

#include <algorithm>
#include <map>

#include "core/base/check.h"
#include "core/random/draw_key.h"
#include "eval/records/row_key.h"

namespace nf {
namespace {

/// Added to the ordinal of an entry at a site: no evaluated item draws under these keys.
constexpr std::uint64_t kCalibrationDraws = std::uint64_t{1} << 48;

}  // namespace

DistortionReport SiteChain::apply(ConstMatrixView x, const Use& use, MatrixView distorted) const {
  return apply_first(steps.size(), x, use, distorted);
}

DistortionReport SiteChain::apply_first(std::size_t count, ConstMatrixView x, const Use& use,
                                        MatrixView distorted) const {
  NF_CHECK(count > 0 && count <= steps.size(), "{}: {} of {} steps", site.name(), count,
           steps.size());
  DistortionContext context = use.context;
  context.site = site;
  // Inputs are small and many, so their buffer is kept; a weight's would stay with every thread.
  thread_local Matrix between_inputs;
  Matrix between_weights;
  Matrix& between = context.tensor() == SiteTensor::input ? between_inputs : between_weights;
  if (count > 1) between.resize(x.rows(), x.cols());
  // Steps alternate between the two buffers so that the last one writes to `distorted`.
  DistortionReport total;
  ConstMatrixView from = x;
  for (std::size_t i = 0; i < count; ++i) {
    const bool to_result = (count - 1 - i) % 2 == 0;
    const MatrixView to = to_result ? distorted : between.view();
    context.key = use.on_calibration_set ? steps[i].calibration_key : steps[i].key;
    context.figures = use.figures.empty() ? nullptr : use.figures[i].get();
    if (!use.knowledge.empty()) {
      context.inputs = use.knowledge[i].inputs;
      context.choice = use.knowledge[i].choice;
      context.replay = use.knowledge[i].replay;
    }
    total.join(steps[i].distortion->apply(from, context, to));
    from = to;
  }
  return total;
}

Index SiteChain::rows_together(Index rows) const {
  Index together = 1;
  for (const SiteStep& step : steps)
    together = join_together(together, step.distortion->rows_together(rows), rows);
  return together;
}

InputNeeds SiteChain::input_needs() const {
  InputNeeds needs;
  for (const SiteStep& step : steps)
    needs = needs.joined(step.distortion->input_needs(site.tensor));
  return needs;
}

double SiteChain::scratch_bytes(Index rows, Index cols) const {
  double most = 0.0;
  for (const SiteStep& step : steps)
    most = std::max(most, step.distortion->scratch_bytes(rows, cols));
  const double between = sizeof(float) * static_cast<double>(rows * cols);
  return most + (steps.size() > 1 ? between : 0.0);
}

ModelTrial::ModelTrial(const Trial& trial, const DecoderSpec& spec, const CalibrationSource& sets)
    : seed_(trial.seed),
      weights_(static_cast<std::size_t>(spec.num_hidden_layers)),
      inputs_(static_cast<std::size_t>(spec.num_hidden_layers)),
      states_(static_cast<std::size_t>(spec.num_hidden_layers)) {
  // Entries touching each site, to number the draws and to tell which roles share an input.
  std::map<std::string, std::vector<std::size_t>> touching;
  for (std::size_t e = 0; e < trial.entries.size(); ++e) {
    const Entry& entry = trial.entries[e];
    Json names = Json::array();
    StepCalibration calibration;
    for (const Site& site : entry.sites.select(spec)) {
      names.push_back(site.name());
      const bool needs = !entry.distortion->input_needs(site.tensor).empty();
      calibrated_ = calibrated_ || needs;
      if (needs && calibration.set == nullptr && entry.calibration && sets)
        calibration = {.set = sets(*entry.calibration, trial.seed), .propagate = entry.path()};
      SiteChain& chain = chain_at(site);
      std::vector<std::size_t>& entries = touching[site.name()];
      const std::uint64_t ordinal = entries.size();
      entries.push_back(e);
      Site drawn = site;
      if (site.tensor == SiteTensor::input) drawn.role = spec.input_owner(site.role);
      chain.site = site;
      chain.steps.push_back({.distortion = entry.distortion,
                             .key = draw_key(drawn.name(), ordinal),
                             .calibration_key = draw_key(drawn.name(), kCalibrationDraws + ordinal),
                             .entry = e,
                             .calibration = needs ? calibration : StepCalibration{}});
    }
    identity_.push_back({{"sites", std::move(names)}, {"distortion", entry.distortion->config()}});
    if (calibration.set != nullptr) {
      identity_.back()["calibration"] = calibration.set->hash;
      identity_.back()["propagate"] = enum_name(calibration.propagate);
    }
  }
  for (std::size_t layer = 0; layer < inputs_.size(); ++layer) {
    std::map<std::vector<std::size_t>, int> variants;
    std::map<std::pair<Role, int>, Site> shared;  // where each x̃ is read first
    for (int r = 0; r < kRoleCount; ++r) {
      SiteChain& chain = inputs_[layer][static_cast<std::size_t>(r)];
      if (chain.empty()) continue;
      const Site site{static_cast<Index>(layer), static_cast<Role>(r), SiteTensor::input};
      const int next = static_cast<int>(variants.size()) + 1;
      chain.variant = variants.emplace(touching[site.name()], next).first->second;
      const Role owner = spec.input_owner(site.role);
      chain.site = shared.emplace(std::pair(owner, chain.variant), site).first->second;
    }
  }
}

ModelTrial ModelTrial::floor(const DecoderSpec& spec) {
  ModelTrial floor(Trial{}, spec);
  floor.summation_ = Summation::halves;
  floor.identity_ = kFloorName;
  return floor;
}

ModelTrial ModelTrial::at_inputs(const DecoderSpec& spec, const DistortionPtr& distortion,
                                 const CalibrationSetPtr& set, std::span<const Site> sites) {
  ModelTrial trial(Trial{}, spec);
  trial.calibrated_ = !sites.empty();
  for (const Site& site : sites) {
    SiteChain& chain = trial.chain_at(site);
    chain.site = site;
    chain.variant = 1;
    chain.steps.push_back({.distortion = distortion, .calibration = {.set = set}});
  }
  return trial;
}

SiteChain& ModelTrial::chain_at(const Site& site) {
  if (is_state(site.tensor))
    return states_[static_cast<std::size_t>(site.layer)][state_index(site.tensor)];
  const bool is_weight = site.tensor == SiteTensor::weight;
  if (site.role == Role::embed_tokens) return embed_tokens_;
  if (site.role == Role::lm_head) return is_weight ? lm_head_ : lm_head_input_;
  return (is_weight
              ? weights_
              : inputs_)[static_cast<std::size_t>(site.layer)][static_cast<std::size_t>(site.role)];
}

namespace {

template <class Chains>
bool touches_any(const Chains& chains) {
  return std::any_of(chains.begin(), chains.end(),
                     [](const SiteChain& chain) { return !chain.empty(); });
}

}  // namespace

bool ModelTrial::touches_inputs(Index layer) const {
  const auto at = static_cast<std::size_t>(layer);
  return touches_any(inputs_[at]) || touches_any(states_[at]);
}

bool ModelTrial::touches_weights() const {
  return summation_ != Summation::whole ||
         std::any_of(weights_.begin(), weights_.end(),
                     [](const auto& chains) { return touches_any(chains); });
}

}  // namespace nf
