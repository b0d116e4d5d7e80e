#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/model/decoder_block.h"
#include "core/ops/integer_linear.h"
#include "eval/plan/model_trial.h"
#include "eval/records/record.h"
#include "eval/run/input_knowledge.h"
#include "eval/run/item_problem.h"

namespace nf {

/// Statistics of one distorted matrix. `complete`: all of them, else the energies alone.
SiteStats measure_site(const std::string& site, ConstMatrixView x, ConstMatrixView distorted,
                       SiteTensor tensor, const DistortionReport& report, bool complete);

/// The way in which a chain acts on items, beside their places.
struct ItemUse {
  std::span<const StepKnowledge> knowledge{};  ///< by step; empty where no step has needs
  bool on_calibration_set = false;             ///< draws are others than on evaluated items
  /// Takes the integers that x̃ of the rows from `first` on consists of, where the chain's linear
  /// multiplies these; else null.
  IntegerInputs* integers = nullptr;
  Index first = 0;
};

/// Distorts the input of a linear, or a state of a block, for one item and measures what it did; a
/// problem where the result is not finite, and then no statistics. item: its number in the
/// evaluation  first_row: of its draws (EvalItem)  x, distorted: [T, in]
struct DistortedInput {
  SiteStats site;
  std::string problem;
};
DistortedInput distort_input(const SiteChain& chain, std::uint64_t seed, Index item,
                             std::int64_t first_row, bool complete, ConstMatrixView x,
                             MatrixView distorted, const ItemUse& use = {});

/// One item's rows in a batch.
struct ItemRows {
  Index item = 0;  ///< its number in the evaluation
  Index first = 0;
  Index rows = 0;
  std::int64_t first_row = 0;  ///< of its draws
};

/// The outcome of distorting some items.
struct DistortedItems {
  std::vector<SiteStats> sites;  ///< of the items that are finite, in their order
  ItemProblem problem;           ///< of the first one that is not
};
/// Distorts the rows of each item of a batch by itself (distort_input). x, distorted: [T, in], all
/// rows of the batch.
DistortedItems distort_items(const SiteChain& chain, std::uint64_t seed,
                             const std::vector<ItemRows>& items, bool complete, ConstMatrixView x,
                             MatrixView distorted, const ItemUse& use = {});

/// Distorts the inputs of linears, and the states, of one lane in one layer for a batch of items,
/// each by itself, and measures what it did.
class LaneInputs final : public InputFilter {
 public:
  /// `complete`: gather all statistics. knowledge: of that block of the trial; null where none of
  /// its inputs has needs. All must outlive this.
  LaneInputs(const ModelTrial& trial, Index layer, const std::vector<ItemRows>& items,
             bool complete, const InputKnowledge* knowledge = nullptr,
             bool on_calibration_set = false)
      : trial_(trial),
        layer_(layer),
        items_(items),
        complete_(complete),
        knowledge_(knowledge),
        on_calibration_set_(on_calibration_set) {}

  int variant(Role role) const override { return trial_.input(layer_, role).variant; }
  void apply(Role role, ConstMatrixView x, MatrixView distorted) override {
    distort(trial_.input(layer_, role), x, distorted,
            knowledge_ == nullptr ? std::span<const StepKnowledge>{} : knowledge_->of(role));
  }
  const IntegerInputs* integers(Role role) const override {
    return trial_.input(layer_, role).integers ? &integers_ : nullptr;
  }
  bool distorts(SiteTensor state) const override { return !trial_.state(layer_, state).empty(); }
  void apply_state(SiteTensor state, ConstMatrixView x, MatrixView distorted) override {
    distort(trial_.state(layer_, state), x, distorted, {});
  }

  /// The measurements, each tensor once; the problem is the first tensor that was not finite.
  DistortedItems take() { return std::move(done_); }

 private:
  void distort(const SiteChain& chain, ConstMatrixView x, MatrixView distorted,
               std::span<const StepKnowledge> knowledge);

  const ModelTrial& trial_;
  Index layer_;
  const std::vector<ItemRows>& items_;
  bool complete_;
  const InputKnowledge* knowledge_;
  bool on_calibration_set_;
  IntegerInputs integers_;  ///< of the last x̃
  DistortedItems done_;
};

}  // namespace nf
