#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/io/content_hash.h"
#include "eval/plan/model_trial.h"

namespace nf {

/// A hash of all that the outcome of one or more chains depends on, on a given model and machine:
/// equal keys, equal bits. Zero: nothing happens.
struct ChainKey {
  std::array<std::byte, 16> bytes{};

  bool is_nothing() const { return *this == ChainKey{}; }
  /// 32 hexadecimal digits.
  std::string hex() const;
  friend auto operator<=>(const ChainKey&, const ChainKey&) = default;
};

/// The keys of everything that a trial does to a model.
struct TrialKeys {
  using OfBlock = std::array<ChainKey, kRoleCount>;
  /// Keys by step of the forward pass: the embedding, each block, the head. [L + 2]
  std::vector<ChainKey> steps;
  /// Keys by block and role. [L]
  std::vector<OfBlock> weights, inputs;
  ChainKey head_weight, head_input;

  /// Keys of x̂ (SiteChain::make), the same for all doses, parts and twins. Nothing where a weight
  /// is not made of a calibration set. [L]
  std::vector<OfBlock> made;
  /// Keys of the statistics that inputs and the head act by; nothing where these need none. [L]
  std::vector<OfBlock> statistics;
  ChainKey head_weight_statistics, head_input_statistics;
};

/// Makes keys. They mean the same in every ChainKeys, process and run.
///
/// A chain with input_needs() makes what its calibration lane has read: its key stands also for the
/// calibration set, for everything before it on the path of the reference trial
/// (ModelTrial::reference()) where the set comes through that (`propagate:`), and for the weights
/// of that trial's block where it looks at them. Equal chains with different blocks before them so
/// never share a weight. Where a step chooses, the key stands also for the linears that the choice
/// is for, and for what the steps before it leave of them: one entry on two linears is no two
/// entries.
class ChainKeys {
 public:
  TrialKeys of(const ModelTrial& trial, const DecoderSpec& spec);

 private:
  /// The surroundings of the chains of one step.
  struct Place {
    const ModelTrial& trial;
    const DecoderSpec& spec;
    std::span<const ChainKey> path{};         ///< of the reference trial, before this step
    std::vector<const SiteChain*> weights{};  ///< of this step
    std::vector<const SiteChain*> reference_weights{};  ///< the reference trial's
  };
  /// A chain's steps up to one, as they are or the last of them without its dose and its part.
  struct Part {
    std::size_t steps = 0;
    bool whole = false;
    bool as_used = false;  ///< with its twin, and what its linear multiplies
  };
  static std::vector<const SiteChain*> weights_of(const ModelTrial& trial, Index layer);

  /// reference: the keys of the reference trial; null where the trial is its own.
  TrialKeys of(const ModelTrial& trial, const DecoderSpec& spec, const TrialKeys* reference);
  ChainKey of_chain(const SiteChain& chain, const Place& place);
  ChainKey of_made(const SiteChain& chain, const Place& place);
  ChainKey of_statistics(const SiteChain& chain, const Place& place);
  /// All that some needs of a chain depend on besides the chain itself.
  void add_needs(ContentHash& hash, const SiteChain& chain, std::span<const ChainNeed> needs,
                 const Place& place);
  void add_readers(ContentHash& hash, const SiteChain& chain, std::size_t entry,
                   std::span<const SiteChain* const> weights, const Place& place);
  /// The key of what a part of a chain does, whatever statistics of inputs it is given.
  ChainKey of_steps(const SiteChain& chain, const Part& part, std::uint64_t seed);
  const ChainKey& of_distortion(const DistortionPtr& distortion);

  std::unordered_map<const Distortion*, ChainKey> by_pointer_;
  std::vector<DistortionPtr> held_;  ///< a pointer must not be another distortion's later
};

}  // namespace nf
