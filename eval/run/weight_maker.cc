#include "eval/run/weight_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
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

void WeightMaker::make(const ModelTrial& trial, Role role, const ChainKey& key) {
  const SiteChain& chain = trial.weight(layer_, role);
  try {
    const Matrix weight = read(role);
    const std::vector<StepKnowledge> knowledge = knowledge_of(trial, role, chain.steps.size());
    Matrix made(weight.rows(), weight.cols());
    const DistortionReport report =
        chain.apply(weight, {.context = {.seed = trial.seed()}, .knowledge = knowledge}, made);
    if (std::string problem = finite_problem(chain.site.name(), made); !problem.empty())
      return results_.keep_failure(key, std::move(problem));
    results_.keep_weight(chain.site, key, made, report);
  } catch (const NumericError& error) {
    results_.keep_failure(key, error.what());
  }
}

/// Of the first `steps` steps of a weight's chain. Choices come first: to make one asks for the
/// knowledge of other roles, and replays then have the block as those see it.
std::vector<StepKnowledge> WeightMaker::knowledge_of(const ModelTrial& trial, Role role,
                                                     std::size_t steps) {
  const std::span<const SiteStep> chain = std::span(trial.weight(layer_, role).steps).first(steps);
  std::vector<const TensorChoice*> choices;
  for (const SiteStep& step : chain)
    choices.push_back(step.distortion->chooses() ? choice(trial, step.entry, role) : nullptr);
  std::vector<StepKnowledge> all;
  for (std::size_t i = 0; i < steps; ++i) {
    all.emplace_back();
    if (!chain[i].distortion->input_needs(SiteTensor::weight).empty())
      all.back() = knowledge_(trial, chain[i], role);
    all.back().choice = choices[i];
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
  const SiteStep* first = nullptr;
  for (const Role reader : spec_.roles()) {
    if (spec_.input_owner(reader) != spec_.input_owner(role)) continue;
    const SiteChain& chain = trial.weight(layer_, reader);
    const std::size_t at = step_of(chain, entry);
    if (at == chain.steps.size()) continue;
    Matrix weight = read(reader);
    if (at > 0) {
      const std::vector<StepKnowledge> knowledge = knowledge_of(trial, reader, at);
      Matrix left(weight.rows(), weight.cols());
      chain.apply_first(at, weight, {.context = {.seed = trial.seed()}, .knowledge = knowledge},
                        left);
      weight = std::move(left);
    }
    if (first == nullptr) first = &chain.steps[at];
    readers.sites.push_back(chain.site);
    weights.push_back(std::move(weight));
  }
  for (const Matrix& weight : weights) readers.weights.push_back(weight);
  NF_CHECK(first != nullptr, "entry {} is about no linear of {}", entry, role_name(role));
  const Site site = readers.sites.front();
  const StepKnowledge known = knowledge_(trial, *first, site.role);
  return first->distortion->choose(readers, {.site = site,
                                             .key = first->key,
                                             .seed = trial.seed(),
                                             .inputs = known.inputs,
                                             .replay = known.replay});
}

}  // namespace nf
