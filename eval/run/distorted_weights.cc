#include "eval/run/distorted_weights.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "eval/run/calibration_results.h"
#include "eval/run/finite_problem.h"
#include "eval/run/lane_activations.h"
#include "eval/run/predictor_probe.h"
#include "perturb/integer_codes.h"
#include "quant/outlier_features.h"

namespace nf {

Workbenches::Turn::Turn(Workbenches& all) : all_(all) {
  all_.may_take_.acquire();
  const std::lock_guard lock(all_.mutex_);
  bench_ = std::move(all_.free_.back());
  all_.free_.pop_back();
}

Workbenches::Turn::~Turn() {
  {
    const std::lock_guard lock(all_.mutex_);
    all_.free_.push_back(std::move(bench_));
  }
  all_.may_take_.release();
}

namespace {

/// Measures a weight where asked. Returns what is wrong with it.
std::string finish_weight(const SiteChain& chain, const DistortionReport& report, bool measure,
                          bool complete, ConstMatrixView weight, ConstMatrixView distorted,
                          std::vector<SiteStats>& sites) {
  std::string problem = finite_problem(chain.site.name(), distorted);
  if (measure && problem.empty())
    add_site(
        measure_site(chain.site.name(), weight, distorted, SiteTensor::weight, report, complete),
        sites);
  return problem;
}

}  // namespace

std::string distort_weight(const SiteChain& chain, std::uint64_t seed, bool measure, bool complete,
                           ConstMatrixView weight, MatrixView distorted,
                           std::vector<SiteStats>& sites, IntegerScales* integers) {
  if (integers != nullptr) integers->resize(weight.rows());
  const DistortionReport report =
      chain.apply(weight, {.context = {.seed = seed, .integers = integers}}, distorted);
  return finish_weight(chain, report, measure, complete, weight, distorted, sites);
}

/// The same of a weight of which x̂ was made of a calibration set before.
std::string take_weight(const CalibrationResults& results, const SiteChain& chain,
                        std::uint64_t seed, const WeightKeys& keys, bool measure, bool complete,
                        ConstMatrixView weight, MatrixView distorted, std::vector<SiteStats>& sites,
                        IntegerScales* integers) {
  if (std::optional<std::string> failure = made_failure(results, chain, keys)) {
    if (integers != nullptr) integers->resize(weight.rows());
    for (Index r = 0; r < weight.rows(); ++r)  // values that are finite, of a lane that ends
      std::copy_n(weight.row(r), weight.cols(), distorted.row(r));
    return *std::move(failure);
  }
  const DistortionReport report =
      read_made_weight(results, chain, seed, keys, weight, distorted, integers);
  return finish_weight(chain, report, measure, complete, weight, distorted, sites);
}

void Workbenches::release() {
  const std::lock_guard lock(mutex_);
  for (Bench& bench : free_) bench = {};
}

void DistortedWeights::release() {
  NF_CHECK(held_.empty(), "{} weights are still held", held_.size());
  spare_.clear();
  bytes_ = 0.0;
  workbenches_.release();
}

void DistortedWeights::start(const BlockWeights& weights, Uses uses) {
  NF_CHECK(held_.empty(), "{} weights of the block before are still held", held_.size());
  weights_ = &weights;
  uses_ = std::move(uses);
  most_bytes_ = 0.0;
  for (const LinearTensors& linear : weights.spec.linears) most_bytes_ += bytes_of(linear.role);
}

const LinearTensors& DistortedWeights::linear_of(Role role) const {
  for (const LinearTensors& linear : weights_->spec.linears)
    if (linear.role == role) return linear;
  throw InternalError(fmt::format("no {} in layer {}", role_name(role), weights_->layer));
}

double DistortedWeights::bytes_of(Role role) const {
  const LinearTensors& linear = linear_of(role);
  return sizeof(float) * static_cast<double>(linear.out) * static_cast<double>(linear.in);
}

void DistortedWeights::make(const Request& request, bool measure, DistortedWeight& place) {
  const SiteChain& chain = request.trial->weight(weights_->layer, request.role);
  const Multiplication multiplication = decoder_.multiplication(request.trial->rounding());
  const LinearTensors& linear = linear_of(request.role);
  Workbenches::Turn turn(workbenches_);
  turn->weight.resize(linear.out, linear.in);
  decoder_.read_weight(weights_->layer, request.role, turn->weight);
  if (chain.empty()) {
    place.packed = pack_weight(turn->weight, std::move(place.packed), multiplication);
    return;
  }
  turn->distorted.resize(linear.out, linear.in);
  const bool is_there = calibration_ != nullptr && !chain.input_needs().empty();
  const std::uint64_t seed = request.trial->seed();
  IntegerScales scales;
  IntegerScales* const integers = chain.integers ? &scales : nullptr;
  place.problem =
      is_there ? take_weight(*calibration_, chain, seed, request.keys, measure, complete_stats_,
                             turn->weight, turn->distorted, place.sites, integers)
               : distort_weight(chain, seed, measure, complete_stats_, turn->weight,
                                turn->distorted, place.sites, integers);
  if (predictors_ != nullptr)
    for (SiteStats& site : place.sites) {  // one, where it is measured
      WeightProbe probe = predictors_->of_weight(chain, seed, linear.out);
      probe.add(0, turn->weight, turn->distorted);
      site.predictor = probe.take();
    }
  if (!chain.integers) {
    place.packed = pack_weight(turn->distorted, std::move(place.packed), multiplication);
    return;
  }
  const SiteChain& input = request.trial->input(weights_->layer, request.role);
  WeightCodes codes = weight_codes(turn->distorted, scales, *chain.integers);
  codes.has_columns = keeps_features(*input.steps.front().distortion);
  place.packed = pack_codes(codes, std::move(place.packed));
}

std::vector<const DistortedWeight*> DistortedWeights::get(
    const std::vector<Request>& requests, bool measure,
    const std::function<void(Index, const std::function<void(Index)>&)>& each) {
  std::vector<const Request*> missing;
  for (const Request& request : requests)
    if (!held_.contains({request.role, request.number})) missing.push_back(&request);
  std::vector<DistortedWeight*> places;
  for (const Request* request : missing) {
    make_room(request->role, requests);
    DistortedWeight& place = held_[{request->role, request->number}];
    place.packed = std::move(spare_[request->role]);
    spare_.erase(request->role);
    places.push_back(&place);
  }
  each(std::ssize(missing), [&](Index i) {
    make(*missing[static_cast<std::size_t>(i)], measure, *places[static_cast<std::size_t>(i)]);
  });
  std::vector<const DistortedWeight*> weights;
  for (const Request& request : requests)
    weights.push_back(&held_.at({request.role, request.number}));
  return weights;
}

void DistortedWeights::make_room(Role role, const std::vector<Request>& keep) {
  const auto evictable = [&] {
    return std::find_if(held_.begin(), held_.end(), [&keep](const auto& held) {
      return std::none_of(keep.begin(), keep.end(), [&held](const Request& request) {
        return held.first == Key(request.role, request.number);
      });
    });
  };
  while (!spare_.contains(role) && bytes_ + bytes_of(role) > most_bytes_) {
    if (!spare_.empty()) {
      bytes_ -= bytes_of(spare_.begin()->first);
      spare_.erase(spare_.begin());
    } else if (const auto victim = evictable(); victim != held_.end()) {
      drop(victim->first);
    } else {
      return;  // a group's own weights are a block's at most
    }
  }
  if (!spare_.contains(role)) bytes_ += bytes_of(role);
}

void DistortedWeights::drop(const Key key) {
  const auto held = held_.find(key);
  if (spare_.contains(key.first)) bytes_ -= bytes_of(key.first);
  spare_[key.first] = std::move(held->second.packed);
  held_.erase(held);
}

void DistortedWeights::done(const std::vector<Request>& requests) {
  for (const Request& request : requests) {
    const Key key(request.role, request.number);
    if (--uses_.at(key) == 0 && held_.contains(key)) drop(key);
  }
}

}  // namespace nf
