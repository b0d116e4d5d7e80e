#pragma once

#include <map>
#include <string>

#include "core/model/decoder.h"
#include "eval/run/stage_batches.h"
#include "perturb/input_accumulator.h"

namespace nf {

/// Gathers statistics of the tensors that linears of one block read, or the head, while the windows
/// of a calibration set pass it in their order, a batch after the other. Keeps the tensors
/// themselves where a sub-layer is to be replayed on them.
class InputGatherer final : public InputProbe {
 public:
  InputGatherer(const DecoderSpec& spec, const CalibrationSize& size);

  /// Asks for what a chain at that role, or at lm_head, needs. To be called before any batch.
  void want(Role role, const InputNeeds& needs);
  bool wants_replay() const;
  /// Operations that the statistics of some tokens take.
  double flops(Index tokens) const;

  /// The next batch, whose block is run with this probe.
  void begin(const Batch& batch) { batch_ = &batch; }
  bool wants(Role role) const override { return tensors_.contains(role); }
  void see(Role role, ConstMatrixView x) override;

  /// Reads the weights that statistics are asked for, once all windows have passed.
  void finish(const Decoder& decoder, Index layer);
  /// The fault of the inputs; empty: they are finite. Nothing else may be asked then.
  const std::string& problem() const { return problem_; }
  const InputStatisticsPtr& statistics(Role role) const;
  /// Rows [first, first + rows) of the tensor that the role reads; empty where it was not kept.
  ConstMatrixView kept(Role role, Index first, Index rows) const;

 private:
  struct Tensor {
    InputNeeds needs{};
    Index in = 0;
    std::unique_ptr<InputAccumulator> accumulator{};  ///< from the first batch on
    Matrix kept{};                                    ///< [T, in], all windows
    InputStatisticsPtr statistics{};
  };
  Role owner(Role role) const;
  Index features(Role owner) const;
  void add_weights(const Decoder& decoder, Index layer, Role owner, InputAccumulator& to) const;

  const DecoderSpec& spec_;
  CalibrationSize size_;
  std::map<Role, Tensor> tensors_;  ///< by the first role that reads it
  const Batch* batch_ = nullptr;
  std::string problem_;
};

}  // namespace nf
