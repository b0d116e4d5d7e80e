#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/model/decoder.h"
#include "eval/data/calibration_set.h"
#include "eval/plan/input_watch.h"
#include "eval/records/predictor_sums.h"
#include "eval/run/calibration_results.h"
#include "perturb/quadratic_form.h"

namespace nf {

class PredictorProbe;

/// The sums of one weight, taken from some rows of it after the others.
class WeightProbe {
 public:
  /// Rows [first, first + x.rows()) as read and as distorted, in their order.
  void add(Index first, ConstMatrixView x, ConstMatrixView distorted);
  /// The sums, once all rows were there.
  PredictorSums take();

 private:
  friend class PredictorProbe;
  /// The inputs of a tensor's readers on the whole set.
  struct Inputs {
    QuadraticForm second_moment;
    std::vector<double> mean;  ///< [in]
    CalibrationSize size;
  };
  WeightProbe(const SiteChain& chain, std::uint64_t seed, Index rows, PredictorProbe* owner,
              std::shared_ptr<const Inputs> inputs);

  const SiteChain& chain_;
  std::uint64_t seed_;
  PredictorProbe* owner_;
  std::shared_ptr<const Inputs> inputs_;  ///< null: not known
  std::optional<double> output_;          ///< where another trial has come to it
  bool sees_steps_ = false;
  Matrix steps_;
  PredictorSums sums_;
  double sum_output_ = 0.0, sum_step2_ = 0.0;
};

/// Measures what predictors of damage need of distorted weights and inputs (`predict:`), by
/// statistics of the untouched model that calibration has kept (InputWatch). Holds those of one
/// layer at a time. Weights may be measured by several threads at once.
///
/// Cost of a weight [out, in] about out·in² operations, in / 2T of what it costs to evaluate it on
/// T tokens; of the inputs of some linears as many per token of the first 4 windows, and once a
/// layer and set of linears as many per output.
class PredictorProbe {
 public:
  /// set: null: nothing is known of inputs. All must outlive this.
  PredictorProbe(const Decoder& decoder, const CalibrationSetPtr& set,
                 const CalibrationResults& results);

  /// Weights and inputs of that layer come next, or, of the number of layers, the outer ones.
  void start(Index layer);

  /// A probe of a weight at a chain's site, all rows or a part at a time. chain: to outlive it
  WeightProbe of_weight(const SiteChain& chain, std::uint64_t seed, Index rows);
  /// Sums of the input that a trial distorts at a role of this layer. knowledge: of its chain. None
  /// where there is no set, or where it, or the untouched model, is not finite on it.
  std::optional<PredictorSums> of_input(const ModelTrial& trial, Role role,
                                        std::span<const StepKnowledge> knowledge);

 private:
  friend class WeightProbe;
  /// Some linears that read one tensor, as outputs of it.
  struct Readers {
    QuadraticForm form;   ///< Σ WᵀW
    double output = 0.0;  ///< Σ‖Wx‖² on the first windows
  };
  std::shared_ptr<const WeightProbe::Inputs> inputs_of(Role role);
  InputStatisticsPtr first_windows_of(Role role);
  std::vector<Role> readers_of(const ModelTrial& trial, Role role) const;
  const Readers& readers(const std::vector<Role>& roles);
  void add_weights(Role role, SymmetricMatrix& sums) const;
  std::optional<double> known_output(Role role);
  void note_output(Role role, double output);

  const Decoder& decoder_;
  CalibrationSetPtr set_;
  const CalibrationResults& results_;
  InputWatch watch_;
  Index layer_ = -1;
  std::mutex mutex_;
  std::map<Role, std::shared_ptr<const WeightProbe::Inputs>> inputs_;  ///< by first reader
  std::map<Role, double> outputs_;
  std::map<Role, InputStatisticsPtr> first_windows_;  ///< by first reader
  std::map<std::vector<Role>, Readers> readers_;
};

}  // namespace nf
