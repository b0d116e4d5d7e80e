#include "eval/plan/input_watch.h"

#include <algorithm>
#include <map>
#include <utility>

#include "perturb/quadratic_form.h"

namespace nf {
namespace {

/// Leaves x as it is, and asks for statistics of it.
class Watching final : public Distortion {
 public:
  explicit Watching(InputWatch::Of of) : of_(of) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext&,
                         MatrixView distorted) const override {
    for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), distorted.row(r));
    return {};
  }
  bool is_identity() const override { return true; }
  InputNeeds input_needs(SiteTensor) const override {
    return of_ == InputWatch::Of::weights ? InputNeeds{.ranges = true, .second_moment = true}
                                          : InputNeeds{.first_windows = true};
  }
  Json config() const override {
    return {{"predict", of_ == InputWatch::Of::weights ? "weights" : "inputs"}};
  }

 private:
  InputWatch::Of of_;
};

/// The tensor that a linear reads, by the first of its readers.
Site tensor_of(const DecoderSpec& spec, Index layer, Role role) {
  if (!is_block_role(role)) return {0, role, SiteTensor::input};
  return {layer, spec.input_owner(role), SiteTensor::input};
}

void add(const Site& site, std::vector<Site>& sites) {
  if (std::find(sites.begin(), sites.end(), site) == sites.end()) sites.push_back(site);
}

/// The tensors whose readers, or which themselves, some trial distorts.
std::vector<Site> distorted(const DecoderSpec& spec, std::span<const ModelTrial* const> trials,
                            InputWatch::Of of) {
  const bool weights = of == InputWatch::Of::weights;
  std::vector<Site> sites;
  for (const ModelTrial* trial : trials) {
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
      for (const Role role : spec.roles())
        if (!(weights ? trial->weight(layer, role) : trial->input(layer, role)).empty())
          add(tensor_of(spec, layer, role), sites);
    if (!(weights ? trial->lm_head() : trial->lm_head_input()).empty())
      add(tensor_of(spec, 0, Role::lm_head), sites);
  }
  return sites;
}

std::vector<Site> all_tensors(const DecoderSpec& spec) {
  std::vector<Site> sites;
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
    for (const Role role : spec.roles()) add(tensor_of(spec, layer, role), sites);
  sites.push_back(tensor_of(spec, 0, Role::lm_head));
  return sites;
}

}  // namespace

InputWatch::InputWatch(const DecoderSpec& spec, const CalibrationSetPtr& set,
                       std::span<const ModelTrial* const> trials)
    : InputWatch(spec, set, distorted(spec, trials, Of::weights),
                 distorted(spec, trials, Of::inputs)) {}

InputWatch InputWatch::everywhere(const DecoderSpec& spec, const CalibrationSetPtr& set) {
  return {spec, set, all_tensors(spec), all_tensors(spec)};
}

InputWatch::InputWatch(const DecoderSpec& spec, const CalibrationSetPtr& set,
                       std::vector<Site> of_weights, std::vector<Site> of_inputs)
    : spec_(spec) {
  if (set == nullptr) return;
  for (const auto& [of, sites] : {std::pair(Of::weights, std::move(of_weights)),
                                  std::pair(Of::inputs, std::move(of_inputs))}) {
    ModelTrial trial =
        ModelTrial::at_inputs(spec, std::make_shared<const Watching>(of), set, sites);
    TrialPath path = numbers_.path(trial, spec);
    watchers_.push_back({std::move(trial), std::move(path)});
  }
}

std::vector<CalibratedTrial> InputWatch::trials() const {
  std::vector<CalibratedTrial> trials;
  for (const Watcher& watcher : watchers_)
    if (watcher.trial.is_calibrated()) trials.push_back({&watcher.trial, &watcher.path});
  return trials;
}

InputWatch watch_of(const ModelPlan& plan, const std::vector<const Job*>& jobs) {
  std::vector<const ModelTrial*> trials;
  for (const Job* job : jobs) trials.push_back(&job->trial);
  return {plan.spec(), plan.predictor_set(), trials};
}

double predictor_bytes(const DecoderSpec& spec, const CalibrationSetPtr& set,
                       std::span<const ModelTrial* const> trials) {
  if (set == nullptr) return 0.0;
  // Of a layer each tensor's form stays; sums in double are read, or made, for one at a time.
  std::map<Role, double> weights, inputs;
  double largest = 0.0;
  for (const InputWatch::Of of : {InputWatch::Of::weights, InputWatch::Of::inputs})
    for (const Site& site : distorted(spec, trials, of)) {
      Index in = spec.embedding_size();
      for (const LinearTensors& linear : spec.block(0).linears)
        if (linear.role == site.role) in = linear.in;
      const bool of_weights = of == InputWatch::Of::weights;
      // The first windows stay; δ and its steps are made for one trial at a time.
      const double values = set->size().first_tokens() * static_cast<double>(in) * sizeof(float);
      (of_weights ? weights : inputs)[site.role] =
          QuadraticForm::bytes(in) + (of_weights ? 0.0 : values);
      largest =
          std::max(largest, 2.0 * SymmetricMatrix::bytes(in) + (of_weights ? 0.0 : 3.0 * values));
    }
  double bytes = largest;
  for (const auto& tensors : {weights, inputs})
    for (const auto& [role, held] : tensors) bytes += held;
  return bytes;
}

InputWatch::Place InputWatch::place(Of of, Index layer, Role role) const {
  const Site site = tensor_of(spec_, layer, role);
  if (watchers_.empty()) return {site};
  const TrialKeys* keys = watchers_[static_cast<std::size_t>(of)].path.calibrated.get();
  if (keys == nullptr) return {site};
  if (!is_block_role(role)) return {site, keys->head_input_statistics};
  return {site,
          keys->statistics[static_cast<std::size_t>(layer)][static_cast<std::size_t>(site.role)]};
}

}  // namespace nf
