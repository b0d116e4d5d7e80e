#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor/matrix.h"
#include "eval/data/calibration_set.h"
#include "eval/experiment/propagate.h"
#include "perturb/distortion.h"
#include "perturb/surrogate.h"

namespace nf {

/// The calibration of one part of a chain: from which text, after which blocks.
struct StepCalibration {
  CalibrationSetPtr set{};  ///< null where that part has no needs
  Propagate propagate = Propagate::none;
};

/// One distortion acting at one site.
struct SiteStep {
  DistortionPtr distortion;
  std::uint64_t key = 0;            ///< of its draws on the evaluated items, or on a weight
  std::uint64_t reference_key = 0;  ///< the same of what it refers to (DistortionContext)
  /// The same two on a calibration set, where x is no weight.
  std::uint64_t calibration_key = 0, calibration_reference_key = 0;
  std::size_t entry = 0;                 ///< of the trial
  StepCalibration calibration{};         ///< of what makes x̂
  StepCalibration finish_calibration{};  ///< of what takes a dose or a part of x̂ − x

  /// The distortion that makes x̂: `distortion` without its dose and its part.
  DistortionPtr whole() const;
  InputNeeds whole_needs(SiteTensor tensor) const { return whole()->input_needs(tensor); }
};

/// The twin of all that a chain does (`twins:`).
struct ChainTwin {
  const TwinKind* kind = nullptr;  ///< null: the chain is as its steps make it
  std::uint64_t key = 0, calibration_key = 0;
  StepCalibration calibration{};

  const Surrogate& surrogate() const { return *kind->surrogate; }
};

/// Everything that calibration has to say to one step (DistortionContext). All null where the step
/// needs nothing.
struct StepKnowledge {
  const InputStatistics* inputs = nullptr;         ///< for x̂, or for the twin
  const InputStatistics* finish_inputs = nullptr;  ///< for its dose or its part
  const TensorChoice* choice = nullptr;
  const SublayerReplay* replay = nullptr;
};

/// Statistics that one part of a chain needs.
struct ChainNeed {
  std::size_t step = 0;   ///< the number of steps for the twin
  bool finishes = false;  ///< StepKnowledge::finish_inputs, not `inputs`
  const StepCalibration* calibration = nullptr;
  InputNeeds needs{};
};

/// The x̂ that a weight's chain has made of a calibration set: of its last step with needs. It is
/// the same for all doses, parts and twins. Marks as in DistortionContext::clipped; empty where the
/// method tells none.
struct MadeChange {
  Matrix made;  ///< [rows, cols] x̂
  /// [rows, cols] x as the steps before leave it; empty where none of these has needs.
  Matrix before{};
  std::vector<std::uint8_t> clipped{};         ///< marks of x̂
  std::vector<std::uint8_t> clipped_before{};  ///< of any step before; empty as `before` is
  IntegerScales integers{};  ///< of x̂, where it consists of integers; else empty
  DistortionReport report{}, report_before{};  ///< of x̂, and of the steps before
};

/// The distortions of one site, in their order. Empty: the site is untouched.
struct SiteChain {
  Site site;  ///< inputs go by the first role that reads this x̃
  std::vector<SiteStep> steps;
  /// Inputs only: roles that read one tensor and have the same number share one x̃; 0: untouched.
  int variant = 0;
  ChainTwin twin{};
  /// Integers of the only step's x̂, where the site's linear multiplies integers.
  std::optional<IntegerLevels> integers{};

  bool empty() const { return steps.empty(); }
  /// A chain as it acts at one time.
  struct Use {
    DistortionContext context{};  ///< everything but the site, the key and what follows here
    /// Figures by step, where x is a part of a weight; empty where it is the whole.
    std::span<const MatrixFiguresPtr> figures{};
    /// Knowledge by step, then of the twin where there is one; empty where nothing has needs.
    std::span<const StepKnowledge> knowledge{};
    bool on_calibration_set = false;  ///< x is of one: draws are others than on the evaluated items
  };
  /// distorted ← all steps one after the other, or the twin of what they do. x, distorted: [rows,
  /// cols], not overlapping. x is the whole of a weight, or a part that holds all rows that the
  /// chain must make together.
  DistortionReport apply(ConstMatrixView x, const Use& use, MatrixView distorted) const;
  /// The same with the first `count` steps alone, at least one, and without the twin.
  DistortionReport apply_first(std::size_t count, ConstMatrixView x, const Use& use,
                               MatrixView distorted) const;
  /// All that a step is told by `use`.
  DistortionContext context_of(std::size_t step, const Use& use) const;

  /// The last step that has local steps of a grid; none where there is none.
  std::optional<std::size_t> grid_step() const;
  /// The last step whose x̂ is made of a calibration set; none where none is.
  std::optional<std::size_t> made_step() const;
  /// x̂ of that step, of the whole of a weight.
  MadeChange make(ConstMatrixView x, const Use& use) const;
  /// apply() where that is there already, the same bits.
  DistortionReport apply_made(ConstMatrixView x, const MadeChange& made, const Use& use,
                              MatrixView distorted) const;
  /// Whether apply_made() gives x̂ as it is: that of the only step.
  bool is_as_made() const;
  /// Whether that is all that is needed of what was made: false where the twin must know a step
  /// before it.
  bool goes_on_from_made() const;
  /// Whether something needs statistics besides x̂ itself: a dose, a part, a later step, or the
  /// twin.
  bool finishes_with_inputs() const;

  /// Rows of a weight [rows, in] that all steps must make together (Distortion::rows_together).
  Index rows_together(Index rows) const;
  /// Needs of all steps together, and of the twin.
  InputNeeds input_needs() const;
  /// The same one by one.
  std::vector<ChainNeed> needs() const;
  /// The needs of make() alone.
  std::vector<ChainNeed> making_needs() const;
  /// The needs of apply_made() alone, or of apply() where it does not go on from what was made.
  std::vector<ChainNeed> finishing_needs() const;
  /// Bytes that apply() holds beside x and x̃ [rows, cols], about.
  double scratch_bytes(Index rows, Index cols) const;
  /// The same of reading what was made and apply_made().
  double finishing_bytes(Index rows, Index cols) const;

 private:
  double twin_bytes(Index rows, Index cols) const;
  class Run;
};

}  // namespace nf
