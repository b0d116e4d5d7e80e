#include "core/model/site.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(Site, NamesAreTheKeysOfTheDraws) {
  EXPECT_EQ((Site{3, Role::q_proj, SiteTensor::weight}).name(), "layers.3.q_proj.weight");
  EXPECT_EQ((Site{0, Role::down_proj, SiteTensor::input}).name(), "layers.0.down_proj.input");
  EXPECT_EQ((Site{11, Role::gate_proj, SiteTensor::input}).name(), "layers.11.gate_proj.input");
  EXPECT_EQ((Site{0, Role::embed_tokens, SiteTensor::weight}).name(), "embed_tokens.weight");
  EXPECT_EQ((Site{0, Role::lm_head, SiteTensor::input}).name(), "lm_head.input");
  EXPECT_EQ((Site{.layer = 3, .tensor = SiteTensor::resid}).name(), "layers.3.resid");
  EXPECT_EQ((Site{.layer = 0, .tensor = SiteTensor::k_cache}).name(), "layers.0.k_cache");
  EXPECT_EQ((Site{.layer = 12, .tensor = SiteTensor::v_cache}).name(), "layers.12.v_cache");
}

TEST(Site, IsEqualOnlyInAllThreeParts) {
  const Site site{1, Role::k_proj, SiteTensor::weight};
  EXPECT_EQ(site, (Site{1, Role::k_proj, SiteTensor::weight}));
  EXPECT_NE(site, (Site{2, Role::k_proj, SiteTensor::weight}));
  EXPECT_NE(site, (Site{1, Role::v_proj, SiteTensor::weight}));
  EXPECT_NE(site, (Site{1, Role::k_proj, SiteTensor::input}));
}

TEST(SiteTensor, StatesAreWhatIsNoLinears) {
  EXPECT_FALSE(is_state(SiteTensor::weight));
  EXPECT_FALSE(is_state(SiteTensor::input));
  for (const SiteTensor state : kStates) {
    EXPECT_TRUE(is_state(state));
    EXPECT_EQ(kind_tensor(state), SiteTensor::input);
  }
  EXPECT_EQ(kind_tensor(SiteTensor::input), SiteTensor::input);
  EXPECT_EQ(kind_tensor(SiteTensor::weight), SiteTensor::weight);
}

TEST(Role, NameAndRoleAreInverse) {
  for (int i = 0; i < kRoleCount + 2; ++i) {
    const Role role = static_cast<Role>(i);
    EXPECT_EQ(role_from_name(role_name(role)), role);
    EXPECT_EQ(is_block_role(role), role != Role::embed_tokens && role != Role::lm_head);
  }
  EXPECT_EQ(role_from_name("fc1"), std::nullopt);
  EXPECT_EQ(role_from_name("Q_PROJ"), std::nullopt);
  EXPECT_EQ(role_from_name(""), std::nullopt);
}

}  // namespace
}  // namespace nf
