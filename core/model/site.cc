#include "core/model/site.h"

#include <fmt/format.h>

#include <array>

namespace nf {
namespace {

constexpr std::array<std::string_view, 5> kTensorNames = {"weight", "input", "resid", "k_cache",
                                                          "v_cache"};

constexpr std::array<std::string_view, kRoleCount + 2> kRoleNames = {
    "q_proj",  "k_proj",    "v_proj",       "o_proj", "gate_proj",
    "up_proj", "down_proj", "embed_tokens", "lm_head"};

}  // namespace

std::string_view role_name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

std::optional<Role> role_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i)
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  return std::nullopt;
}

std::string_view site_tensor_name(SiteTensor tensor) {
  return kTensorNames[static_cast<std::size_t>(tensor)];
}

std::string Site::name() const {
  if (is_state(tensor)) return fmt::format("layers.{}.{}", layer, site_tensor_name(tensor));
  if (!is_block_role(role)) return fmt::format("{}.{}", role_name(role), site_tensor_name(tensor));
  return fmt::format("layers.{}.{}.{}", layer, role_name(role), site_tensor_name(tensor));
}

}  // namespace nf
