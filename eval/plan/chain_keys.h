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
  /// By step of the forward pass: the embedding, each block, the head. [L + 2]
  std::vector<ChainKey> steps;
  /// By block and role. [L]
  std::vector<std::array<ChainKey, kRoleCount>> weights, inputs;
  ChainKey head_weight, head_input;
};

/// Makes keys. They mean the same in every ChainKeys, process and run.
///
/// A chain with input_needs() makes what its calibration lane has read: its key stands also for the
/// calibration set, for everything before it on the path where the set comes through that
/// (`propagate:`), and for the weights of its own block where it looks at them. Equal chains with
/// different blocks before them so never share a weight. Where a step chooses, the key stands also
/// for the linears that the choice is for: one entry on two of them is no two entries.
class ChainKeys {
 public:
  TrialKeys of(const ModelTrial& trial, const DecoderSpec& spec);

 private:
  /// The surroundings of the chains of one step.
  struct Place {
    const ModelTrial& trial;
    const DecoderSpec& spec;
    std::span<const ChainKey> steps;        ///< of the path so far
    std::vector<const SiteChain*> weights;  ///< of this step
  };
  static std::vector<const SiteChain*> weights_of(const ModelTrial& trial, Index layer);

  ChainKey of_chain(const SiteChain& chain, const Place& place);
  static void add_readers(ContentHash& hash, const SiteChain& chain, std::size_t entry,
                          const Place& place);
  /// Whether what the chain makes depends on other weights of its block.
  static bool looks_around(const SiteChain& chain);
  /// The key of what a chain does, whatever statistics of inputs it is given.
  ChainKey of_steps(const SiteChain& chain, std::uint64_t seed);
  const ChainKey& of_distortion(const DistortionPtr& distortion);

  std::unordered_map<const Distortion*, ChainKey> by_pointer_;
  std::vector<DistortionPtr> held_;  ///< a pointer must not be another distortion's later
};

}  // namespace nf
