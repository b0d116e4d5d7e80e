#include "eval/plan/missing_outcomes.h"

#include <algorithm>
#include <set>
#include <utility>

namespace nf {
namespace {

/// Gathers what is missing, each key once.
class Search {
 public:
  explicit Search(const HasOutcome& has) : has_(has) {}

  void look(std::size_t trial, const SiteChain& chain, const ChainKey& key, Index step, Role role) {
    if (chain.input_needs().empty() || !seen_.insert(key).second) return;
    if (!has_(chain.site, key))
      found_.push_back({.trial = trial, .chain = &chain, .key = key, .step = step, .role = role});
  }
  std::vector<MissingOutcome> take() {
    std::stable_sort(
        found_.begin(), found_.end(),
        [](const MissingOutcome& a, const MissingOutcome& b) { return a.step < b.step; });
    return std::move(found_);
  }

 private:
  const HasOutcome& has_;
  std::set<ChainKey> seen_;
  std::vector<MissingOutcome> found_;
};

}  // namespace

std::vector<MissingOutcome> missing_outcomes(const DecoderSpec& spec,
                                             std::span<const CalibratedTrial> trials,
                                             const HasOutcome& has) {
  Search search(has);
  for (std::size_t t = 0; t < trials.size(); ++t) {
    const TrialKeys* keys = trials[t].path->calibrated.get();
    if (keys == nullptr) continue;
    const ModelTrial& trial = *trials[t].trial;
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
      for (const Role role : spec.roles()) {
        const auto l = static_cast<std::size_t>(layer), r = static_cast<std::size_t>(role);
        search.look(t, trial.weight(layer, role), keys->weights[l][r], layer + 1, role);
        search.look(t, trial.input(layer, role), keys->inputs[l][r], layer + 1, role);
      }
    const Index head = spec.num_hidden_layers + 1;
    search.look(t, trial.lm_head(), keys->head_weight, head, Role::lm_head);
    search.look(t, trial.lm_head_input(), keys->head_input, head, Role::lm_head);
  }
  return search.take();
}

}  // namespace nf
