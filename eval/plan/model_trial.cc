#include "eval/plan/model_trial.h"

#include <algorithm>
#include <map>

#include "core/base/check.h"
#include "core/random/draw_key.h"

namespace nf {

DistortionReport SiteChain::apply(ConstMatrixView x, DistortionContext context,
                                  MatrixView distorted) const {
  NF_CHECK(!steps.empty(), "{} is untouched", site);
  // Inputs are small and many, so their buffer is kept; a weight's would stay with every thread.
  thread_local Matrix between_inputs;
  Matrix between_weights;
  Matrix& between = context.tensor == SiteTensor::input ? between_inputs : between_weights;
  if (steps.size() > 1) between.resize(x.rows(), x.cols());
  // Steps alternate between the two buffers so that the last one writes to `distorted`.
  DistortionReport total;
  ConstMatrixView from = x;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool to_result = (steps.size() - 1 - i) % 2 == 0;
    const MatrixView to = to_result ? distorted : between.view();
    context.key = steps[i].key;
    total.clipped += steps[i].distortion->apply(from, context, to).clipped;
    from = to;
  }
  return total;
}

Index SiteChain::scratch_per_value() const {
  Index most = 0;
  for (const SiteStep& step : steps) most = std::max(most, step.distortion->scratch_per_value());
  return most + (steps.size() > 1 ? 1 : 0);  // and x̃ between two steps
}

ModelTrial::ModelTrial(const Trial& trial, const DecoderSpec& spec)
    : seed_(trial.seed),
      weights_(static_cast<std::size_t>(spec.num_hidden_layers)),
      inputs_(static_cast<std::size_t>(spec.num_hidden_layers)),
      states_(static_cast<std::size_t>(spec.num_hidden_layers)) {
  // Entries touching each site, to number the draws and to tell which roles share an input.
  std::map<std::string, std::vector<std::size_t>> touching;
  for (std::size_t e = 0; e < trial.entries.size(); ++e) {
    const Entry& entry = trial.entries[e];
    Json names = Json::array();
    for (const Site& site : entry.sites.select(spec)) {
      names.push_back(site.name());
      SiteChain& chain = chain_at(site);
      std::vector<std::size_t>& entries = touching[site.name()];
      const std::uint64_t ordinal = entries.size();
      entries.push_back(e);
      Site drawn = site;
      if (site.tensor == SiteTensor::input) drawn.role = spec.input_owner(site.role);
      chain.site = site.name();
      chain.steps.push_back({entry.distortion, draw_key(drawn.name(), ordinal)});
    }
    identity_.push_back({{"sites", std::move(names)}, {"distortion", entry.distortion->config()}});
  }
  for (std::size_t layer = 0; layer < inputs_.size(); ++layer) {
    std::map<std::vector<std::size_t>, int> variants;
    std::map<std::pair<Role, int>, std::string> shared;  // name of each x̃, by tensor and variant
    for (int r = 0; r < kRoleCount; ++r) {
      SiteChain& chain = inputs_[layer][static_cast<std::size_t>(r)];
      if (chain.empty()) continue;
      const Site site{static_cast<Index>(layer), static_cast<Role>(r), SiteTensor::input};
      const int next = static_cast<int>(variants.size()) + 1;
      chain.variant = variants.emplace(touching[site.name()], next).first->second;
      const Role owner = spec.input_owner(site.role);
      chain.site = shared.emplace(std::pair(owner, chain.variant), site.name()).first->second;
    }
  }
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
  return std::any_of(weights_.begin(), weights_.end(),
                     [](const auto& chains) { return touches_any(chains); });
}

}  // namespace nf
