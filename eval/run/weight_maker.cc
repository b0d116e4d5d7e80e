#include "eval/run/weight_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "eval/run/finite_problem.h"
#include "eval/run/lane_activations.h"

namespace nf {
namespace {

/// Where a step of an entry stands in a chain; the chain's size where it has none.
std::size_t step_of(const SiteChain& chain, std::size_t entry) {
  const auto step = std::find_if(chain.steps.begin(), chain.steps.end(),
                                 [entry](const SiteStep& each) { return each.entry == entry; });
  return static_cast<std::size_t>(step - chain.steps.begin());
}

}  // namespace

WeightMaker::WeightMaker(const Decoder& decoder, Index layer, const Knowledge& knowledge,
                         CalibrationResults& results)
    : decoder_(decoder),
      spec_(decoder.spec()),
      layer_(layer),
      knowledge_(knowledge),
      results_(results) {}

Matrix WeightMaker::read(Role role) const {
  for (const LinearTensors& linear : spec_.block(layer_).linears) {
    if (linear.role != role) continue;
    Matrix weight(linear.out, linear.in);
    decoder_.read_weight(layer_, role, weight);
    return weight;
  }
  throw InternalError(fmt::format("no {} in layer {}", role_name(role), layer_));
}

void WeightMaker::make(const ModelTrial& trial, const MissingOutcome& outcome,
                       const ChainKey& made) {
  const SiteChain& chain = *outcome.chain;
  const bool from_made = outcome.kind == OutcomeKind::finished && chain.goes_on_from_made();
  if (const auto failure = from_made ? results_.failure(made) : std::nullopt)
    return results_.keep_failure(outcome.key, *failure);
  try {
    const std::vector<StepKnowledge> knowledge = knowledge_of(trial, outcome.role, outcome.needs());
    std::string problem =
        keep(outcome, made, {.context = {.seed = trial.seed()}, .knowledge = knowledge});
    if (!problem.empty()) results_.keep_failure(outcome.key, std::move(problem));
  } catch (const NumericError& error) {
    results_.keep_failure(outcome.key, error.what());
  }
}

/// Makes and keeps a weight; returns what is wrong with it, which is not kept then.
std::string WeightMaker::keep(const MissingOutcome& outcome, const ChainKey& made,
                              const SiteChain::Use& use) {
  const SiteChain& chain = *outcome.chain;
  const Matrix weight = read(outcome.role);
  if (outcome.kind == OutcomeKind::made) {
    const MadeChange change = chain.make(weight, use);
    for (const Matrix* matrix : {&change.before, &change.made})
      if (std::string problem = finite_problem(chain.site.name(), *matrix); !problem.empty())
        return problem;
    results_.keep_made(chain.site, outcome.key, change);
    return {};
  }
  Matrix finished(weight.rows(), weight.cols());
  const DistortionReport report =
      chain.goes_on_from_made()
          ? chain.apply_made(weight,
                             results_.read_made(chain.site, made, weight.rows(), weight.cols()),
                             use, finished)
          : chain.apply(weight, use, finished);
  std::string problem = finite_problem(chain.site.name(), finished);
  if (problem.empty()) results_.keep_weight(chain.site, outcome.key, finished, report);
  return problem;
}

/// By step and of the twin. Choices come first: to make one asks for the knowledge of other roles,
/// and replays then have the block as those see it.
std::vector<StepKnowledge> WeightMaker::knowledge_of(const ModelTrial& trial, Role role,
                                                     std::vector<ChainNeed> needs) {
  const std::vector<SiteStep>& steps = trial.weight(layer_, role).steps;
  std::vector<StepKnowledge> all(steps.size() + 1);
  for (const ChainNeed& need : needs)
    if (!need.finishes && need.step < steps.size() && steps[need.step].distortion->chooses())
      all[need.step].choice = choice(trial, steps[need.step].entry, role);
  for (const ChainNeed& need : needs) {
    const StepKnowledge known = knowledge_(trial, need, role);
    if (need.finishes) {
      all[need.step].finish_inputs = known.inputs;
    } else {
      all[need.step].inputs = known.inputs;
      all[need.step].replay = known.replay;
    }
  }
  return all;
}

const TensorChoice* WeightMaker::choice(const ModelTrial& trial, std::size_t entry, Role role) {
  const auto key = std::tuple(&trial, entry, spec_.input_owner(role));
  if (const auto made = choices_.find(key); made != choices_.end()) return made->second.get();
  TensorChoicePtr choice = choose(trial, entry, role);
  return choices_.emplace(key, std::move(choice)).first->second.get();
}

/// The choice for all linears that read the tensor and that the entry is about, as the entries
/// before have left them.
TensorChoicePtr WeightMaker::choose(const ModelTrial& trial, std::size_t entry, Role role) {
  std::vector<Matrix> weights;
  TensorReaders readers;
  const SiteChain* first = nullptr;
  for (const Role reader : spec_.roles()) {
    if (spec_.input_owner(reader) != spec_.input_owner(role)) continue;
    const SiteChain& chain = trial.weight(layer_, reader);
    const std::size_t at = step_of(chain, entry);
    if (at == chain.steps.size()) continue;
    Matrix weight = read(reader);
    if (at > 0) {
      std::vector<ChainNeed> before = chain.making_needs();
      std::erase_if(before, [at](const ChainNeed& need) { return need.step >= at; });
      const std::vector<StepKnowledge> knowledge = knowledge_of(trial, reader, std::move(before));
      Matrix left(weight.rows(), weight.cols());
      chain.apply_first(at, weight, {.context = {.seed = trial.seed()}, .knowledge = knowledge},
                        left);
      weight = std::move(left);
    }
    if (first == nullptr) first = &chain;
    readers.sites.push_back(chain.site);
    weights.push_back(std::move(weight));
  }
  for (const Matrix& weight : weights) readers.weights.push_back(weight);
  NF_CHECK(first != nullptr, "entry {} is about no linear of {}", entry, role_name(role));
  const std::size_t at = step_of(*first, entry);
  std::vector<ChainNeed> needs = first->making_needs();
  std::erase_if(needs, [at](const ChainNeed& need) { return need.step != at || need.finishes; });
  NF_CHECK(needs.size() == 1, "entry {} chooses without statistics", entry);
  const StepKnowledge known = knowledge_(trial, needs.front(), first->site.role);
  std::vector<StepKnowledge> knowledge(first->steps.size() + 1);
  knowledge[at] = known;
  return first->steps[at].distortion->choose(
      readers, first->context_of(at, {.context = {.seed = trial.seed()}, .knowledge = knowledge}));
}

}  // namespace nf
