#include "eval/run/predictor_probe.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/elementwise.h"
#include "eval/plan/memory.h"
#include "perturb/noise_kernels.h"
#include "perturb/outer_products.h"

namespace nf {
namespace {

double number(Index n) { return static_cast<double>(n); }

/// Σ n·(mean of δ)² over rows of n values.
double row_mean_energy(ConstMatrixView x, ConstMatrixView distorted) {
  double energy = 0.0;
  for (Index r = 0; r < x.rows(); ++r) {
    double sum = 0.0;
    for (Index c = 0; c < x.cols(); ++c)
      sum += static_cast<double>(distorted(r, c)) - static_cast<double>(x(r, c));
    energy += sum * sum / number(x.cols());
  }
  return energy;
}

double sum_squares(ConstMatrixView x) {
  double sum = 0.0;
  for (Index r = 0; r < x.rows(); ++r) sum += noise_kernels().sum_squares(x.row(r), x.cols());
  return sum;
}

/// Whether a chain is one uniform quantizer, whole, whose steps follow from x alone: then theory
/// knows its error (arXiv 2603.04359). parts: x comes in parts.
bool has_plain_steps(const SiteChain& chain, bool parts) {
  if (chain.steps.size() != 1 || chain.twin.kind != nullptr) return false;
  const Distortion& distortion = *chain.steps.front().distortion;
  if (!distortion.has_steps()) return false;
  const Json config = distortion.config();
  for (const char* key : {"dose", "keep", "except_outliers"})
    if (config.contains(key)) return false;
  if (config.value("grid", Json()) != "uniform") return false;
  if (parts && config.value("granularity", Json()) == "tensor") return false;
  const InputNeeds needs = distortion.input_needs(chain.site.tensor);
  return needs.empty() ||
         (config.value("method", Json()) == "gptq" && needs == InputNeeds{.second_moment = true});
}

/// 12·in·‖outputs‖² / (Σ‖other operand's rows‖²·Σ step²): see PredictorSums.
std::optional<double> expected_snr(Index in, double output, double other, double step2) {
  const double noise = other * step2;
  if (!(noise > 0.0)) return std::nullopt;
  return 12.0 * number(in) * output / noise;
}

}  // namespace

WeightProbe::WeightProbe(const SiteChain& chain, std::uint64_t seed, Index rows,
                         PredictorProbe* owner, std::shared_ptr<const Inputs> inputs)
    : chain_(chain), seed_(seed), owner_(owner), inputs_(std::move(inputs)) {
  sums_.row_mean_energy = 0.0;
  if (inputs_ == nullptr) return;
  output_ = owner_->known_output(chain.site.role);
  sees_steps_ = has_plain_steps(chain, !is_block_role(chain.site.role));
  sums_.outputs = {.tokens = inputs_->size.tokens, .windows = inputs_->size.windows};
  NF_CHECK(rows > 0, "{}: no rows", chain.site.name());
}

void WeightProbe::add(Index first, ConstMatrixView x, ConstMatrixView distorted) {
  *sums_.row_mean_energy += row_mean_energy(x, distorted);
  if (inputs_ == nullptr) return;
  sums_.outputs->error += inputs_->second_moment.of_difference(distorted, x);
  if (!output_) sum_output_ += inputs_->second_moment.of(x);
  double bias = 0.0;
  for (Index r = 0; r < x.rows(); ++r) {
    double sum = 0.0;
    for (Index c = 0; c < x.cols(); ++c)
      sum += (static_cast<double>(distorted(r, c)) - static_cast<double>(x(r, c))) *
             inputs_->mean[static_cast<std::size_t>(c)];
    bias += sum * sum;
  }
  sums_.outputs->bias += number(inputs_->size.tokens) * bias;
  if (!sees_steps_) return;
  const SiteStep& step = chain_.steps.front();
  steps_.resize(x.rows(), x.cols());
  step.distortion->local_step(x,
                              {.site = chain_.site,
                               .key = step.key,
                               .seed = seed_,
                               .first_element = static_cast<std::uint64_t>(first * x.cols())},
                              steps_);
  sum_step2_ += sum_squares(steps_);
}

PredictorSums WeightProbe::take() {
  if (inputs_ == nullptr) return sums_;
  if (!output_) owner_->note_output(chain_.site.role, sum_output_);
  OutputSums& outputs = *sums_.outputs;
  outputs.output = output_.value_or(sum_output_);
  // Rounding δ [out, in] is expected to add Σ step² / 12 evenly over the features.
  if (sees_steps_)
    outputs.expected_snr = expected_snr(inputs_->second_moment.size(), outputs.output,
                                        inputs_->second_moment.trace(), sum_step2_);
  return sums_;
}

PredictorProbe::PredictorProbe(const Decoder& decoder, const CalibrationSetPtr& set,
                               const CalibrationResults& results)
    : decoder_(decoder),
      set_(set),
      results_(results),
      watch_(InputWatch::everywhere(decoder.spec(), set)) {}

void PredictorProbe::start(Index layer) {
  if (std::exchange(layer_, layer) == layer) return;
  inputs_.clear();
  outputs_.clear();
  first_windows_.clear();
  readers_.clear();
}

std::shared_ptr<const WeightProbe::Inputs> PredictorProbe::inputs_of(Role role) {
  if (set_ == nullptr || role == Role::embed_tokens) return nullptr;
  const InputWatch::Place place = watch_.place(InputWatch::Of::weights, layer_, role);
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const WeightProbe::Inputs>& known = inputs_[place.site.role];
  if (known != nullptr || results_.failure(place.key)) return known;
  const InputStatisticsPtr statistics = results_.read_statistics(place.site, place.key).front();
  std::vector<double> mean = statistics->sum;
  for (double& each : mean) each /= number(statistics->size.tokens);
  known = std::make_shared<const WeightProbe::Inputs>(WeightProbe::Inputs{
      QuadraticForm(statistics->second_moment), std::move(mean), statistics->size});
  return known;
}

WeightProbe PredictorProbe::of_weight(const SiteChain& chain, std::uint64_t seed, Index rows) {
  return {chain, seed, rows, this, inputs_of(chain.site.role)};
}

std::optional<double> PredictorProbe::known_output(Role role) {
  const std::lock_guard lock(mutex_);
  const auto known = outputs_.find(role);
  return known == outputs_.end() ? std::nullopt : std::optional(known->second);
}

void PredictorProbe::note_output(Role role, double output) {
  const std::lock_guard lock(mutex_);
  outputs_.emplace(role, output);
}

InputStatisticsPtr PredictorProbe::first_windows_of(Role role) {
  const InputWatch::Place place = watch_.place(InputWatch::Of::inputs, layer_, role);
  InputStatisticsPtr& known = first_windows_[place.site.role];
  if (known == nullptr && !results_.failure(place.key))
    known = results_.read_statistics(place.site, place.key).front();
  return known;
}

/// The linears that read what the trial distorts at a role: those with the same x̃.
std::vector<Role> PredictorProbe::readers_of(const ModelTrial& trial, Role role) const {
  if (!is_block_role(role)) return {role};
  const DecoderSpec& spec = decoder_.spec();
  std::vector<Role> roles;
  for (const Role reader : spec.roles())
    if (spec.input_owner(reader) == spec.input_owner(role) &&
        trial.input(layer_, reader).variant == trial.input(layer_, role).variant)
      roles.push_back(reader);
  return roles;
}

/// sums ← sums + WᵀW
void PredictorProbe::add_weights(Role role, SymmetricMatrix& sums) const {
  const DecoderSpec& spec = decoder_.spec();
  Matrix weight;
  if (!is_block_role(role)) {
    for (Index first = 0; first < spec.vocab_size; first += weight.rows()) {
      weight.resize(std::min(kVocabChunk, spec.vocab_size - first), spec.embedding_size());
      decoder_.read_outer(role, first, weight);
      add_outer_products(weight, sums);
    }
    return;
  }
  for (const LinearTensors& linear : spec.block(layer_).linears) {
    if (linear.role != role) continue;
    weight.resize(linear.out, linear.in);
    decoder_.read_weight(layer_, role, weight);
    add_outer_products(weight, sums);
  }
}

const PredictorProbe::Readers& PredictorProbe::readers(const std::vector<Role>& roles) {
  if (const auto known = readers_.find(roles); known != readers_.end()) return known->second;
  const Matrix& x = first_windows_of(roles.front())->first_windows;
  SymmetricMatrix sums(x.cols());
  for (const Role role : roles) add_weights(role, sums);
  Readers made{QuadraticForm(sums)};
  made.output = made.form.of(x);
  return readers_.emplace(roles, std::move(made)).first->second;
}

std::optional<PredictorSums> PredictorProbe::of_input(const ModelTrial& trial, Role role,
                                                      std::span<const StepKnowledge> knowledge) {
  if (set_ == nullptr) return std::nullopt;
  const SiteChain& chain = is_block_role(role) ? trial.input(layer_, role) : trial.lm_head_input();
  const InputStatisticsPtr statistics = first_windows_of(role);
  if (statistics == nullptr) return std::nullopt;
  const Matrix& x = statistics->first_windows;
  Matrix distorted(x.rows(), x.cols()), steps;
  const bool sees_steps = has_plain_steps(chain, false);
  if (sees_steps) steps.resize(x.rows(), x.cols());
  const Index windows = statistics->size.first_windows();
  std::vector<Index> clipped(static_cast<std::size_t>(windows));
  const auto rows_of = [this](Index window) {
    const EvalItem& item = set_->items[static_cast<std::size_t>(window)];
    return std::pair(static_cast<Index>(item.first_row), std::ssize(item.ids));
  };
  parallel_for(windows, [&](Index window) {
    const auto [first, rows] = rows_of(window);
    const DistortionContext where{.seed = trial.seed(),
                                  .first_element = static_cast<std::uint64_t>(first * x.cols())};
    const ConstMatrixView own = x.view().middle_rows(first, rows);
    clipped[static_cast<std::size_t>(window)] =
        chain
            .apply(own, {.context = where, .knowledge = knowledge, .on_calibration_set = true},
                   distorted.view().middle_rows(first, rows))
            .clipped;
    if (!sees_steps) return;
    DistortionContext at = where;
    at.site = chain.site;
    at.key = chain.steps.front().calibration_key;
    chain.steps.front().distortion->local_step(own, at, steps.view().middle_rows(first, rows));
  });
  if (first_non_finite(distorted) >= 0) return std::nullopt;
  PredictorSums sums{.row_mean_energy = row_mean_energy(x, distorted)};
  DistortionStats& stats = sums.on_calibration.emplace();
  for (Index window = 0; window < windows; ++window) {
    const auto [first, rows] = rows_of(window);
    stats.add(x.view().middle_rows(first, rows), distorted.view().middle_rows(first, rows),
              median_unit(SiteTensor::input), SiteTensor::input);
    stats.clipped += clipped[static_cast<std::size_t>(window)];
  }
  const Readers& own = readers(readers_of(trial, role));
  Matrix mean(1, x.cols());
  for (Index c = 0; c < x.cols(); ++c) {
    double sum = 0.0;
    for (Index r = 0; r < x.rows(); ++r)
      sum += static_cast<double>(distorted(r, c)) - static_cast<double>(x(r, c));
    mean(0, c) = static_cast<float>(sum / number(x.rows()));
  }
  sums.outputs = {.tokens = x.rows(),
                  .windows = windows,
                  .error = own.form.of_difference(distorted, x),
                  .output = own.output,
                  .bias = number(x.rows()) * own.form.of(mean)};
  if (sees_steps)
    sums.outputs->expected_snr =
        expected_snr(x.cols(), own.output, own.form.trace(), sum_squares(steps));
  return sums;
}

}  // namespace nf
