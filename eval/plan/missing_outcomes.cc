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

  void look(const MissingOutcome& outcome) {
    if (outcome.key.is_nothing() || !seen_.insert(outcome.key).second) return;
    if (!has_(outcome.chain->site, outcome.key)) found_.push_back(outcome);
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

std::vector<ChainNeed> MissingOutcome::needs() const {
  switch (kind) {
    case OutcomeKind::made:
      return chain->making_needs();
    case OutcomeKind::finished:
      return chain->finishing_needs();
    case OutcomeKind::statistics:
      return chain->needs();
  }
  return {};
}

std::vector<std::size_t> MissingOutcome::choosing_steps() const {
  std::vector<std::size_t> steps;
  if (!is_weight()) return steps;
  for (const ChainNeed& need : needs())
    if (!need.finishes && need.step < chain->steps.size() &&
        chain->steps[need.step].distortion->chooses())
      steps.push_back(need.step);
  return steps;
}

bool MissingOutcome::looks_around() const {
  const std::vector<ChainNeed> all = needs();
  return !choosing_steps().empty() ||
         std::any_of(all.begin(), all.end(),
                     [](const ChainNeed& need) { return need.needs.replay; });
}

double MissingOutcome::scratch_bytes(Index rows, Index cols) const {
  const bool from_made = kind == OutcomeKind::finished && chain->goes_on_from_made();
  return from_made ? chain->finishing_bytes(rows, cols) : chain->scratch_bytes(rows, cols);
}

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
        const SiteChain& weight = trial.weight(layer, role);
        search.look({OutcomeKind::made, t, &weight, keys->made[l][r], layer + 1, role});
        if (weight.finishes_with_inputs())
          search.look({OutcomeKind::finished, t, &weight, keys->weights[l][r], layer + 1, role});
        search.look({OutcomeKind::statistics, t, &trial.input(layer, role), keys->statistics[l][r],
                     layer + 1, role});
      }
    const Index head = spec.num_hidden_layers + 1;
    search.look({OutcomeKind::statistics, t, &trial.lm_head(), keys->head_weight_statistics, head,
                 Role::lm_head});
    search.look({OutcomeKind::statistics, t, &trial.lm_head_input(), keys->head_input_statistics,
                 head, Role::lm_head});
  }
  return search.take();
}

}  // namespace nf
