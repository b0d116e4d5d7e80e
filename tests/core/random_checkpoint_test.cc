#include "tests/support/random_checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/io/read_json.h"
#include "core/ops/elementwise.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

/// Every family's tensors are what its own architecture file asks for, and a pass through them
/// stays finite.
TEST(RandomCheckpoint, OfEveryFamilyRuns) {
  const std::vector<TinyModel> models = {
      tiny_opt(),   tiny_opt_350m(), tiny_llama(),    tiny_mistral(), tiny_cohere(),
      tiny_bloom(), tiny_gpt2(),     tiny_gpt_neox(), tiny_qwen2(),   tiny_qwen3()};
  for (const TinyModel& model : models) {
    SCOPED_TRACE(model.config.at("model_type").get<std::string>());
    const TempDir dir;
    const Index bytes = write_random_checkpoint(model.config, dir.path());
    EXPECT_GT(bytes, 0);
    Decoder decoder = open_decoder(dir.path());
    const Matrix logits =
        decoder_forward(decoder, random_ids(20, decoder.spec().vocab_size)).logits;
    EXPECT_EQ(first_non_finite(logits), -1);
    EXPECT_NE(logits(19, 0), logits(19, 1));
  }
}

TEST(RandomCheckpoint, IsShardedWithinTheLimit) {
  const TempDir dir;
  const Json config = tiny_llama().config;
  const Index bytes = write_random_checkpoint(config, dir / "one", {.seed = 1});
  const Index limit = bytes / 4;
  write_random_checkpoint(config, dir / "many", {.seed = 1, .shard_bytes = limit});
  const Json index = read_json(dir / "many" / "model.safetensors.index.json");
  EXPECT_EQ(index.at("metadata").at("total_size").get<Index>(), bytes);
  Index shards = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "many"))
    if (entry.path().extension() == ".safetensors") ++shards;
  EXPECT_GE(shards, 4);
  const Checkpoint one = Checkpoint::open(dir / "one"), many = Checkpoint::open(dir / "many");
  ASSERT_EQ(one.names(), many.names());
  for (const std::string& name : one.names()) {
    const TensorInfo& info = one.info(name);
    Matrix a(info.rows(), info.cols()), b(info.rows(), info.cols());
    one.read_f32(name, 0, info.rows(), a);
    many.read_f32(name, 0, info.rows(), b);
    EXPECT_TRUE(equal_bits(a, b)) << name;
  }
}

/// One file would go before shards written after it.
TEST(RandomCheckpoint, TakesThePlaceOfAnEarlierOne) {
  const TempDir dir;
  const Json config = tiny_llama().config;
  const Index bytes = write_random_checkpoint(config, dir.path(), {.seed = 1});
  const auto first_row = [&] {
    Matrix row(1, 32);
    Checkpoint::open(dir.path()).read_f32("model.embed_tokens.weight", 0, 1, row);
    return row;
  };
  const Matrix one = first_row();
  write_random_checkpoint(config, dir.path(), {.seed = 2, .shard_bytes = bytes / 4});
  const Matrix many = first_row();
  EXPECT_FALSE(equal_bits(many, one));
  write_random_checkpoint(config, dir.path(), {.seed = 1});
  EXPECT_TRUE(equal_bits(first_row(), one));
}

TEST(RandomCheckpoint, ValuesHaveTheSizeOfAnInitialisedModel) {
  const TempDir dir;
  write_random_checkpoint(tiny_llama({.hidden_size = 64, .heads = 4}).config, dir.path());
  const Checkpoint checkpoint = Checkpoint::open(dir.path());
  Matrix norm(1, 64), weight(64, 64);
  checkpoint.read_f32("model.norm.weight", 0, 1, norm);
  checkpoint.read_f32("model.layers.0.self_attn.q_proj.weight", 0, 64, weight);
  double sum = 0.0, squares = 0.0;
  for (Index i = 0; i < 64; ++i) EXPECT_EQ(norm(0, i), 1.0f);
  for (Index i = 0; i < weight.size(); ++i) {
    const double v = static_cast<double>(weight.data()[i]);
    EXPECT_GE(std::abs(v), 0.125);
    EXPECT_LT(std::abs(v), 0.25);
    sum += v;
    squares += v * v;
  }
  // 4096 values of a random sign: the mean is within four of its standard deviations.
  EXPECT_LT(std::abs(sum), 4.0 * std::sqrt(squares));
}

/// A plan reads shapes, and sizes of files.
TEST(RandomCheckpoint, IsAsLongWhereItIsHollow) {
  const TempDir dir;
  const Json config = tiny_llama().config;
  write_random_checkpoint(config, dir / "full");
  write_random_checkpoint(config, dir / "hollow", {.is_hollow = true});
  EXPECT_EQ(std::filesystem::file_size(dir / "hollow/model.safetensors"),
            std::filesystem::file_size(dir / "full/model.safetensors"));
  const Checkpoint full = Checkpoint::open(dir / "full"), hollow = Checkpoint::open(dir / "hollow");
  EXPECT_EQ(full.names(), hollow.names());
  Matrix row(1, 32);
  hollow.read_f32("model.norm.weight", 0, 1, row);
  EXPECT_EQ(row(0, 31), 0.0f);
}

TEST(RandomCheckpoint, RefusesAConfigOfNoFamily) {
  const TempDir dir;
  EXPECT_THROW(write_random_checkpoint({{"model_type", "unheard-of"}}, dir.path()), DataError);
}

}  // namespace
}  // namespace nf
