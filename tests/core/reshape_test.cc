/// Models of another shape that compute the same function.

#include "core/model/reshape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/base/error.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_families.h"

namespace nf {
namespace {

/// Relative to the largest logit: two roundings more a value, over two blocks.
constexpr double kRounding = 1e-5;
constexpr Index kTokens = 37;

const std::vector<Index> kChannels = {0, 5, 17};

Decoder open(const TinyModel& model) {
  const TempDir dir;  // mapped files outlive their names
  model.write(dir.path());
  return open_decoder(dir.path());
}

Reshape outliers(const Decoder& decoder, double factor) {
  return {.channels = kChannels,
          .factor = factor,
          .layers =
              std::vector<bool>(static_cast<std::size_t>(decoder.spec().num_hidden_layers), true)};
}

Matrix logits_of(Decoder decoder) {
  return std::move(decoder_forward(decoder, random_ids(kTokens, decoder.spec().vocab_size)).logits);
}

/// The families that can be reshaped, with their decoders.
std::vector<std::pair<std::string, Decoder>> reshapable() {
  std::vector<std::pair<std::string, Decoder>> decoders;
  for (const auto& [name, make] : tiny_families()) {
    Decoder decoder = open(make());
    if (why_not_reshaped(decoder.spec()).empty()) decoders.emplace_back(name, std::move(decoder));
  }
  return decoders;
}

TEST(Reshape, KeepsEveryBitOfTheLogitsWithAPowerOfTwo) {
  for (const auto& [name, decoder] : reshapable()) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(
        equal_bits(logits_of(decoder.reshaped(outliers(decoder, 64.0))), logits_of(decoder)));
  }
}

TEST(Reshape, KeepsTheFunctionToRounding) {
  for (const auto& [name, decoder] : reshapable()) {
    SCOPED_TRACE(name);
    const Matrix expected = logits_of(decoder);
    const double most = to_double(expected).cwiseAbs().maxCoeff();
    Reshape both = outliers(decoder, 30.0);
    both.flatten = true;
    for (const Reshape& reshape : {outliers(decoder, 0.3), Reshape{.flatten = true}, both}) {
      const Matrix got = logits_of(decoder.reshaped(reshape));
      EXPECT_TRUE(tensor_near(got, to_double(expected), kRounding * most));
    }
  }
}

TEST(Reshape, IsRefusedWhereANormsOutputGoesElsewhere) {
  std::vector<std::string> refused;
  for (const auto& [name, make] : tiny_families())
    if (!why_not_reshaped(open(make()).spec()).empty()) refused.push_back(name);
  EXPECT_EQ(refused, (std::vector<std::string>{"bloom_from_norm", "opt_350m"}));
  const Decoder decoder = open(tiny_opt_350m());
  EXPECT_THROW((void)decoder.reshaped(outliers(decoder, 2.0)), InternalError);
}

/// What a norm's weight and bias, and a column of a weight that reads it, have become.
TEST(Reshape, MultipliesTheNormAndDividesTheColumnsThatReadIt) {
  for (const auto& [name, decoder] : reshapable()) {
    SCOPED_TRACE(name);
    Reshape reshape = outliers(decoder, 8.0);
    reshape.layers[0] = false;
    const Decoder reshaped = decoder.reshaped(reshape);
    for (const Index layer : {0, 1}) {
      const float factor = layer == 0 ? 1.0f : 8.0f;
      const BlockWeights before = decoder.load_block(layer), after = reshaped.load_block(layer);
      for (const std::size_t channel : {std::size_t{5}, std::size_t{6}}) {
        const float own = channel == 5 ? factor : 1.0f;
        EXPECT_EQ(after.attention_norm.weight[channel],
                  own * before.attention_norm.weight[channel]);
        if (!before.attention_norm.bias.empty()) {
          EXPECT_EQ(after.attention_norm.bias[channel], own * before.attention_norm.bias[channel]);
        }
      }
      for (const LinearTensors& linear : before.spec.linears) {
        const bool reads_norm = norm_read_by(decoder.spec(), before.spec, linear.role).has_value();
        EXPECT_EQ(reads_norm, linear.role != Role::o_proj && linear.role != Role::down_proj);
        Matrix was(linear.out, linear.in), is(linear.out, linear.in);
        decoder.read_weight(layer, linear.role, was);
        reshaped.read_weight(layer, linear.role, is);
        for (const Index column : {5, 6}) {
          const float own = reads_norm && column == 5 ? factor : 1.0f;
          EXPECT_EQ(own * is(1, column), was(1, column)) << role_name(linear.role);
        }
      }
    }
  }
}

TEST(Reshape, FlattenedNormsHaveWeightsOfOne) {
  TinyModel model = tiny_opt();
  float* const weight =
      model.tensor("model.decoder.layers.0.self_attn_layer_norm.weight").values.data();
  weight[3] = 0.0f;
  weight[4] = -2.5f;
  const Decoder decoder = open(model);
  const BlockWeights flat = decoder.reshaped({.flatten = true}).load_block(0);
  for (std::size_t i = 0; i < flat.attention_norm.weight.size(); ++i)
    EXPECT_EQ(std::abs(flat.attention_norm.weight[i]), i == 3 ? 0.0f : 1.0f) << i;
  EXPECT_EQ(flat.attention_norm.weight[4], -1.0f);
  EXPECT_TRUE(tensor_near(logits_of(decoder.reshaped({.flatten = true})),
                          to_double(logits_of(decoder)),
                          kRounding * to_double(logits_of(decoder)).cwiseAbs().maxCoeff()));
}

TEST(Reshape, AFactorOfOneIsNothing) {
  const Decoder decoder = open(tiny_llama());
  EXPECT_TRUE(outliers(decoder, 1.0).is_nothing());
  EXPECT_TRUE(Reshape{}.is_nothing());
  EXPECT_FALSE(outliers(decoder, 2.0).is_nothing());
  EXPECT_FALSE(Reshape{.flatten = true}.is_nothing());
}

}  // namespace
}  // namespace nf
