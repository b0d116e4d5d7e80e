#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/decoder_block.h"
#include "core/model/rounding.h"
#include "eval/experiment/trial.h"
#include "eval/plan/site_chain.h"

namespace nf {

/// A trial made ready for one model: the distortions of each site.
class ModelTrial {
 public:
  /// sets: where the calibration sets come from that entries name; null where none is needed.
  ModelTrial(const Trial& trial, const DecoderSpec& spec, const CalibrationSource& sets = {});
  /// The untouched model with its products rounded otherwise: what rounding alone does.
  static ModelTrial floor(const DecoderSpec& spec);

  /// A trial without a name or seed that has one distortion, with needs, at some inputs of linears.
  /// set: what its statistics are of, of the untouched model
  static ModelTrial at_inputs(const DecoderSpec& spec, const DistortionPtr& distortion,
                              const CalibrationSetPtr& set, std::span<const Site> sites);

  /// A trial without a name or seed that has one distortion, which needs nothing, at one weight of
  /// a block.
  static ModelTrial at_weight(const DecoderSpec& spec, const DistortionPtr& distortion,
                              const Site& site);

  /// Rounding of the linears of the blocks, the projections beside them and the head.
  Rounding rounding() const { return rounding_; }
  std::uint64_t seed() const { return seed_; }
  const SiteChain& weight(Index layer, Role role) const { return chain(weights_, layer, role); }
  const SiteChain& input(Index layer, Role role) const { return chain(inputs_, layer, role); }
  /// state: resid, k_cache or v_cache.
  const SiteChain& state(Index layer, SiteTensor state) const {
    return states_[static_cast<std::size_t>(layer)][state_index(state)];
  }
  /// Whether any input of a linear, or any state, of that block is distorted.
  bool touches_inputs(Index layer) const;
  /// Whether some chain has needs (input_needs()).
  bool is_calibrated() const { return calibrated_; }
  /// Whether any weight of a block is its own: distorted, or packed for another rounding.
  bool touches_weights() const;
  /// The same of the head.
  bool has_own_head() const { return !lm_head_.empty() || rounding_ != Rounding::usual; }
  const SiteChain& embed_tokens() const { return embed_tokens_; }
  const SiteChain& lm_head() const { return lm_head_; }
  const SiteChain& lm_head_input() const { return lm_head_input_; }
  /// The trial with every dose 1 and all of each change, simulated, and no twin: from statistics
  /// behind what that one does, weights are made for all doses, parts and twins. This itself where
  /// it is so, or where no chain has needs. Held by this one.
  const ModelTrial& reference() const { return reference_ == nullptr ? *this : *reference_; }
  /// The resolved condition on this model, apart from seed and name: sites and their distortions,
  /// and the calibration set and its path where these have input_needs(). Hashed into the trial's
  /// id.
  const Json& identity() const { return identity_; }

 private:
  using Chains = std::vector<std::array<SiteChain, kRoleCount>>;
  static const SiteChain& chain(const Chains& chains, Index layer, Role role) {
    return chains[static_cast<std::size_t>(layer)][static_cast<std::size_t>(role)];
  }

  static std::size_t state_index(SiteTensor state) {
    return static_cast<std::size_t>(state) - static_cast<std::size_t>(SiteTensor::resid);
  }
  /// The entries that touch each site, by its name: they number the draws and tell which roles
  /// share an input.
  using Touching = std::map<std::string, std::vector<std::size_t>>;
  void add_entry(const Trial& trial, std::size_t entry, const DecoderSpec& spec,
                 const CalibrationSource& sets, Touching& touching);
  void number_variants(const DecoderSpec& spec, const Touching& touching);
  void add_twin(const Trial& trial, const DecoderSpec& spec, const CalibrationSource& sets);
  /// Has the linears multiply integers, all of which the trial's chains round to.
  void execute_integers();
  SiteChain& chain_at(const Site& site);
  std::vector<SiteChain*> chains();

  Rounding rounding_ = Rounding::usual;
  std::uint64_t seed_;
  SiteChain embed_tokens_, lm_head_, lm_head_input_;
  Chains weights_, inputs_;                                        ///< by layer and role
  std::vector<std::array<SiteChain, std::size(kStates)>> states_;  ///< by layer
  Json identity_ = Json::array();
  bool calibrated_ = false;
  std::shared_ptr<const ModelTrial> reference_{};  ///< null: this itself
};

}  // namespace nf
