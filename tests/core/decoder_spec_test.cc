#include "core/model/decoder_spec.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

/// Two layers of H 6, F 10, A 3, K 1, D 2, with everything that a spec may name.
DecoderSpec everything() {
  DecoderSpec spec;
  spec.hidden_size = 6;
  spec.intermediate_size = 10;
  spec.num_hidden_layers = 2;
  spec.num_attention_heads = 3;
  spec.num_key_value_heads = 1;
  spec.head_dim = 2;
  spec.vocab_size = 7;
  spec.max_position_embeddings = 5;
  spec.embed_tokens = "embed";
  spec.embed_size = 4;
  spec.project_in = "in";
  spec.project_out = "out";
  spec.positions = LearnedPositions{.tensor = "positions", .offset = 2};
  spec.embedding_norm = {"embedding_norm", ""};
  spec.final_norm = {"final_norm", "final_norm_bias"};
  spec.lm_head = "embed";
  spec.block = [](Index layer) {
    const std::string at = std::to_string(layer);
    return BlockSpec{.attention_norm = {at + ".norm", ""},
                     .mlp_norm = {},
                     .linears = {{Role::q_proj,
                                  6,
                                  6,
                                  at + ".qkv",
                                  at + ".qkv_bias",
                                  {.length = 6, .first = 0, .step = 6},
                                  18},
                                 {Role::v_proj,
                                  6,
                                  6,
                                  at + ".qkv",
                                  at + ".qkv_bias",
                                  {.length = 6, .first = 12, .step = 6},
                                  18},
                                 {Role::down_proj, 6, 10, at + ".down", "", {}, 0, true}},
                     .q_norm = {at + ".q_norm", ""},
                     .k_norm = {at + ".k_norm", ""}};
  };
  return spec;
}

TEST(DecoderSpec, ExpectsEveryTensorOnceInOrderOfUse) {
  DecoderSpec spec = everything();
  spec.num_hidden_layers = 1;
  const std::vector<std::pair<std::string, std::vector<Index>>> expected = {
      {"embed", {7, 4}},    {"in", {6, 4}},      {"positions", {7, 6}}, {"embedding_norm", {6}},
      {"0.norm", {6}},      {"0.q_norm", {2}},   {"0.k_norm", {2}},     {"0.qkv", {18, 6}},
      {"0.qkv_bias", {18}}, {"0.down", {10, 6}}, {"final_norm", {6}},   {"final_norm_bias", {6}},
      {"out", {4, 6}}};
  const std::vector<ExpectedTensor> tensors = expected_tensors(spec);
  ASSERT_EQ(tensors.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(tensors[i].name, expected[i].first);
    EXPECT_EQ(tensors[i].shape, expected[i].second) << tensors[i].name;
  }
}

TEST(DecoderSpec, ExpectsNormsOfEachHeadWhereTheyAreSo) {
  DecoderSpec spec = everything();
  spec.qk_norm_per_head = true;
  int checked = 0;
  for (const ExpectedTensor& tensor : expected_tensors(spec)) {
    const bool q = tensor.name.ends_with(".q_norm");
    if (!q && !tensor.name.ends_with(".k_norm")) continue;
    EXPECT_EQ(tensor.shape, (std::vector<Index>{q ? 3 : 1, 2})) << tensor.name;
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

TEST(DecoderSpec, EmbeddingIsAsWideAsTheBlocksByDefault) {
  DecoderSpec spec = everything();
  EXPECT_EQ(spec.embedding_size(), 4);
  spec.embed_size = 0;
  EXPECT_EQ(spec.embedding_size(), 6);
}

TEST(DecoderSpec, RolesAreThoseOfABlock) {
  EXPECT_EQ(everything().roles(), (std::vector<Role>{Role::q_proj, Role::v_proj, Role::down_proj}));
}

/// The inputs of q, k, v, o, gate, up and down, and of the head.
TEST(DecoderSpec, SharersOfAnInputHaveTheFirstAsOwner) {
  const auto owners = [](bool gated, BlockForm form, bool mlp_norm) {
    DecoderSpec spec = everything();
    spec.gated = gated;
    spec.form = form;
    spec.block = [mlp_norm](Index) {
      return BlockSpec{
          .attention_norm = {"a", ""}, .mlp_norm = {mlp_norm ? "m" : "", ""}, .linears = {}};
    };
    std::vector<Role> result;
    for (int i = 0; i < kRoleCount; ++i) result.push_back(spec.input_owner(static_cast<Role>(i)));
    EXPECT_EQ(spec.input_owner(Role::lm_head), Role::lm_head);
    return result;
  };
  const auto expected = [](Role mlp) {
    return std::vector<Role>{Role::q_proj, Role::q_proj, Role::q_proj,   Role::o_proj,
                             mlp,          mlp,          Role::down_proj};
  };
  EXPECT_EQ(owners(true, BlockForm::sequential, true), expected(Role::gate_proj));
  EXPECT_EQ(owners(false, BlockForm::sequential, true), expected(Role::up_proj));
  EXPECT_EQ(owners(false, BlockForm::post_norm, true), expected(Role::up_proj));
  EXPECT_EQ(owners(false, BlockForm::parallel, true), expected(Role::up_proj));
  EXPECT_EQ(owners(true, BlockForm::parallel, false), expected(Role::q_proj));
}

}  // namespace
}  // namespace nf
