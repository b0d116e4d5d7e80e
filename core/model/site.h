#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// The linears of a decoder block come first, by Hugging Face's names, in the order in which a
/// block uses them. The names mean the same in every family; fused tensors are split on loading.
///
/// embed_tokens and lm_head stand outside the blocks. They are two sites even where the checkpoint
/// ties them: distorting one leaves the other.
enum class Role {
  q_proj,
  k_proj,
  v_proj,
  o_proj,
  gate_proj,
  up_proj,
  down_proj,
  embed_tokens,
  lm_head
};
inline constexpr int kRoleCount = 7;  ///< of a block: the roles before embed_tokens
inline constexpr bool is_block_role(Role role) { return static_cast<int>(role) < kRoleCount; }

/// The two parts of a block that add to the residual stream.
enum class Sublayer {
  attention,  ///< with o_proj
  mlp,
};
/// The one that a block's role is part of.
inline constexpr Sublayer sublayer_of(Role role) {
  return role <= Role::o_proj ? Sublayer::attention : Sublayer::mlp;
}

std::string_view role_name(Role role);
/// The role of that name, nullopt for an unknown one. Family aliases (OPT's fc1, fc2) are the
/// family's matter.
std::optional<Role> role_from_name(std::string_view name);

/// The tensor of a site: a linear's weight or input, or a state of a whole block.
enum class SiteTensor {
  weight,
  input,
  resid,    ///< the residual stream behind the block, [T, H]
  k_cache,  ///< the keys after norms and rotary positions, [T, K·D]: what every query reads
  v_cache,  ///< the values, [T, K·D]
};
/// The tensors of a block that are no linear's.
inline constexpr SiteTensor kStates[] = {SiteTensor::k_cache, SiteTensor::v_cache,
                                         SiteTensor::resid};
inline constexpr bool is_state(SiteTensor tensor) { return tensor >= SiteTensor::resid; }
/// The tensor as noises and quantizers see it: they know matrices of weights and activations only.
inline constexpr SiteTensor kind_tensor(SiteTensor tensor) {
  return tensor == SiteTensor::weight ? SiteTensor::weight : SiteTensor::input;
}
std::string_view site_tensor_name(SiteTensor tensor);

/// One place where a distortion can act.
struct Site {
  Index layer = 0;           ///< 0 for the roles outside the blocks
  Role role = Role::q_proj;  ///< q_proj, without meaning, for a state
  SiteTensor tensor = SiteTensor::weight;

  /// "layers.3.q_proj.weight", "lm_head.weight", "layers.3.k_cache": the name in results and the
  /// key of the draws.
  std::string name() const;
  friend bool operator==(const Site&, const Site&) = default;
};

}  // namespace nf
