#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "eval/plan/chain_keys.h"
#include "eval/plan/model_trial.h"

namespace nf {

/// A trial's way through the model, in numbers: where two trials have the same number, the same
/// happens to them, bit for bit. 0: nothing happens.
struct TrialPath {
  /// Numbers by step of the forward pass: the embedding, each block, the head. [L + 2]
  std::vector<Index> steps;
  /// Numbers of the distortion of each weight, by block. [L]
  std::vector<std::array<Index, kRoleCount>> weights;
  Index head_weight = 0;
  /// Keys of what is to be made, or known, of a calibration set. Null where no chain of the trial
  /// has needs.
  std::shared_ptr<const TrialKeys> calibrated{};
  /// The path of ModelTrial::reference(), numbered along with this one and with `calibrated`; null
  /// where the trial is its own, or nothing is made behind that one.
  std::shared_ptr<const TrialPath> reference{};

  /// The path of the baseline.
  static TrialPath untouched(const DecoderSpec& spec);
  /// First step at which something happens; the number of steps where nothing does.
  Index first_touched() const;
  bool touches_weights(Index layer) const;
};

/// Gives equal keys (ChainKeys) equal numbers. The numbers mean something among the paths of one
/// PathNumbers only.
class PathNumbers {
 public:
  TrialPath path(const ModelTrial& trial, const DecoderSpec& spec);

 private:
  /// keeps_keys: also where no chain has needs.
  TrialPath path(const ModelTrial& trial, const DecoderSpec& spec, bool keeps_keys);
  /// The path of ModelTrial::floor(): nothing of it is like any other's.
  static TrialPath floor(const DecoderSpec& spec);
  Index of(const ChainKey& key);

  ChainKeys keys_;
  std::map<ChainKey, Index> numbers_;
};

}  // namespace nf
