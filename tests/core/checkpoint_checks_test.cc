#include "core/model/checkpoint_checks.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "tests/support/family_support.h"
#include "tests/support/model_errors.h"
#include "tests/support/tensor_near.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

using Texts = std::vector<std::string>;

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A model in two shards that `change` may spoil, and then opened.
struct Sharded {
  explicit Sharded(const TinyModel& model = tiny_llama({.tied = false})) {
    model.write(dir.path());
    std::filesystem::remove(dir / "model.safetensors");
    write_sharded(dir.path(), model.tensors, 2);
  }
  void change_index(const std::function<void(Json& map)>& change) const {
    Json index;
    std::ifstream(dir / "model.safetensors.index.json") >> index;
    change(index["weight_map"]);
    write(dir / "model.safetensors.index.json", index.dump());
  }
  Texts warnings() const { return without_dir(open_decoder(dir.path()).warnings()); }
  std::string error() const {
    return without_dir({data_error_of([&] { open_decoder(dir.path()); })}).front();
  }
  Texts without_dir(Texts texts) const {
    const std::string path = dir.path().string();
    for (std::string& text : texts)
      for (std::size_t at; (at = text.find(path)) != std::string::npos;)
        text.replace(at, path.size(), "DIR");
    return texts;
  }

  TempDir dir;
};

/// The head does not take its place.
TEST(CheckTensors, AnEmbeddingInTwoPlacesIsRefusedBesideAHeadThatIsTied) {
  TinyModel model = tiny_llama({.tied = false});
  model.config["tie_word_embeddings"] = true;
  const std::string name = "model.embed_tokens.weight";
  const Sharded sharded(model);
  write_safetensors(sharded.dir / "model-00001-of-00002.safetensors", model.tensors);
  write_safetensors(sharded.dir / "model-00002-of-00002.safetensors", {model.tensor(name)});
  sharded.change_index([](Json& map) {
    for (Json& shard : map) shard = "model-00001-of-00002.safetensors";
    map["unneeded"] = "model-00002-of-00002.safetensors";
  });
  EXPECT_EQ(sharded.error(), "DIR/model-00002-of-00002.safetensors: tensor '" + name +
                                 "' is in model-00001-of-00002.safetensors as well");
}

/// The copies may differ, and then the pair is not tied.
TEST(CheckTensors, ATiedHeadInTwoShardsIsRefused) {
  TinyModel model = tiny_llama({.tied = false});
  model.config["tie_word_embeddings"] = true;
  const Sharded sharded(model);
  write_safetensors(sharded.dir / "model-00001-of-00002.safetensors", model.tensors);
  write_safetensors(sharded.dir / "model-00002-of-00002.safetensors",
                    {model.tensor("lm_head.weight")});
  sharded.change_index([](Json& map) {
    for (Json& shard : map) shard = "model-00001-of-00002.safetensors";
    map["unneeded"] = "model-00002-of-00002.safetensors";
  });
  EXPECT_EQ(sharded.error(),
            "DIR/model-00002-of-00002.safetensors: tensor 'lm_head.weight' is in "
            "model-00001-of-00002.safetensors as well");
}

TEST(CheckTensors, AnIndexMayListInVainWhatTheModelDoesNotNeed) {
  const Sharded model;
  model.change_index([](Json& map) {
    const Json shard = map.front();
    map["mtp.fc.weight"] = shard;
    map["mtp.norm.weight"] = "model-00009-of-00009.safetensors";
    map["mtp.proj.weight"] = "model-00009-of-00009.safetensors";
  });
  EXPECT_EQ(model.warnings(),
            Texts{"DIR: tensors that the model does not need are not where the index says: "
                  "'mtp.fc.weight', 'mtp.norm.weight' and 1 more"});
}

TEST(CheckTensors, NeedsNoHeadThatIsListedInVainWhereItIsTied) {
  const Sharded model(tiny_llama({.tied = true}));
  model.change_index([](Json& map) {
    const Json shard = map.front();
    map["lm_head.weight"] = shard;
  });
  EXPECT_EQ(open_decoder(model.dir.path()).spec().lm_head, "model.embed_tokens.weight");
}

TEST(CheckTensors, NamesTheShardThatAModelNeeds) {
  const Sharded model;
  std::filesystem::remove(model.dir / "model-00001-of-00002.safetensors");
  EXPECT_TRUE(model.error().starts_with("DIR/model.safetensors.index.json: tensor '") &&
              model.error().ends_with("shard 'model-00001-of-00002.safetensors' is missing in DIR"))
      << model.error();
}

TEST(CheckTensors, ReadsAndPassesOverWhatTheIndexDoesNotList) {
  TinyModel tiny = tiny_llama({.tied = false});
  tiny.tensors.push_back({"mtp.fc.weight", Dtype::f32, {2}, {1, 2}});
  tiny.tensors.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", Dtype::f64, {2}, {1, 2}});
  const Sharded model(tiny);
  model.change_index([](Json& map) {
    map.erase("mtp.fc.weight");
    map.erase("model.layers.0.self_attn.rotary_emb.inv_freq");
    map.erase("model.norm.weight");  // the model needs it
  });
  EXPECT_EQ(model.warnings(),
            Texts{"DIR: tensors that the index does not list and a "
                  "LlamaForCausalLM does not have are not used: 'mtp.fc.weight'"});
}

TEST(CheckTensors, BuffersMayBeOfAnyType) {
  const Index n = 4;
  TinyModel gpt2 = tiny_gpt2();
  const std::vector<float> mask(static_cast<std::size_t>(n * n), 1.0f);
  for (const Dtype dtype : {Dtype::boolean, Dtype::u8, Dtype::i64, Dtype::f64, Dtype::f16}) {
    expect_ignored(gpt2, {{"transformer.h.0.attn.bias", dtype, {1, 1, n, n}, mask},
                          {"transformer.h.1.attn.masked_bias", dtype, {}, {1}}});
    expect_ignored(tiny_llama(),
                   {{"model.layers.1.self_attn.rotary_emb.inv_freq", dtype, {4}, {1, 1, 1, 1}}});
    expect_ignored(tiny_gpt_neox(),
                   {{"gpt_neox.layers.0.attention.bias", dtype, {1, 1, n, n}, mask},
                    {"gpt_neox.layers.0.attention.masked_bias", dtype, {}, {1}}});
  }
}

TEST(CheckTensors, NarrowsDoublesWithOneWarning) {
  const TinyModel model = tiny_opt();
  TinyModel wide = model;
  for (TestTensor& tensor : wide.tensors) tensor.dtype = Dtype::f64;
  EXPECT_TRUE(equal_bits(logits_of(wide), logits_of(model)));
  wide.config["torch_dtype"] = "float64";
  const Sharded sharded(wide);
  const Texts warnings = sharded.warnings();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(
      warnings[0].starts_with("DIR: weights of F64 are rounded to float32: 'model.decoder."))
      << warnings[0];
}

TEST(CheckTensors, RefusesWeightsThatAreNoNumbers) {
  TinyModel model = tiny_llama();
  model.tensor("model.layers.0.mlp.up_proj.weight").dtype = Dtype::i64;
  EXPECT_EQ(open_error(model),
            "DIR: tensor 'model.layers.0.mlp.up_proj.weight' is of I64, not of F32, F16, BF16 or "
            "F64; are the weights quantized?");
}

/// warnings about a config.json with these fields.
Texts warnings_of(TinyModel model, const std::vector<std::pair<std::string, Json>>& fields) {
  model.config = with_fields(model.config, fields);
  return Sharded(model).warnings();
}

TEST(CheckClaims, TellsATypeThatTheWeightsHaveNot) {
  const TinyModel model = tiny_llama();
  EXPECT_EQ(warnings_of(model, {{"torch_dtype", "float32"}}), Texts{});
  EXPECT_EQ(warnings_of(model, {{"torch_dtype", nullptr}}), Texts{});
  EXPECT_EQ(warnings_of(model, {{"torch_dtype", "torch.bfloat16"}}),
            Texts{"DIR/config.json: torch_dtype: is bfloat16, but the weights are of F32: they are "
                  "used as stored"});
  EXPECT_EQ(warnings_of(model, {{"dtype", "float16"}}).size(), 2u) << "and two names disagree";
}

TEST(CheckClaims, TellsAnotherArchitecture) {
  EXPECT_EQ(warnings_of(tiny_llama(), {{"architectures", {"MixtralForCausalLM"}}}),
            Texts{"DIR/config.json: architectures: is [\"MixtralForCausalLM\"]; model_type 'llama' "
                  "is used, a LlamaForCausalLM"});
  EXPECT_EQ(warnings_of(tiny_llama(), {{"architectures", nullptr}}), Texts{});
  EXPECT_EQ(warnings_of(tiny_llama(), {{"architectures", "LlamaForCausalLM"}}),
            Texts{"DIR/config.json: architectures: is \"LlamaForCausalLM\", no list of texts: "
                  "transformers refuses that"});
}

TEST(CheckClaims, RefusesAnAdapterBesideTheWeights) {
  const Sharded model;
  write(model.dir / "adapter_config.json", "{}");
  EXPECT_EQ(model.error(),
            "DIR: adapter_config.json: an adapter beside the weights is not applied; merge it into "
            "them, or move its files elsewhere");
}

TEST(ReadBos, NamesAValueThatIsNoTokenToWhoAsks) {
  for (const Json& bad : {Json::array({1}), Json("1"), Json(-1), Json(999999), Json(1.5),
                          Json(18446744073709551615u), Json(true)}) {
    TinyModel model = tiny_llama();
    model.config["bos_token_id"] = bad;
    const Sharded sharded(model);
    const Decoder decoder = open_decoder(sharded.dir.path());
    EXPECT_FALSE(decoder.spec().bos_token_id.has_value());
    EXPECT_EQ(sharded.without_dir({data_error_of([&] { decoder.spec().check_bos(); })}),
              Texts{"DIR/config.json: bos_token_id: must be a token id below vocab_size 300, is " +
                    bad.dump()});
  }
  TinyModel model = tiny_llama();
  model.config["bos_token_id"] = 299;
  const Decoder decoder = open_decoder(Sharded(model).dir.path());
  EXPECT_EQ(decoder.spec().bos_token_id, 299);
  decoder.spec().check_bos();
}

TEST(ReadBos, HoldsGenerationConfigAgainstIt) {
  TinyModel model = tiny_llama();
  model.config["bos_token_id"] = 1;
  const Sharded sharded(model);
  const auto with = [&](const std::string& text) {
    write(sharded.dir / "generation_config.json", text);
    return sharded.error();
  };
  EXPECT_EQ(with(R"({"bos_token_id": 1, "top_k": Infinity})"), "no error");
  EXPECT_EQ(sharded.warnings(), Texts{});
  EXPECT_EQ(with(R"({"bos_token_id": 2})"), "no error");
  EXPECT_EQ(sharded.warnings(),
            Texts{"DIR/config.json: bos_token_id: 1 is used; generation_config.json has 2"});
  EXPECT_EQ(
      with("version https://git-lfs.github.com/spec/v1\n"),
      "DIR/generation_config.json: a Git LFS pointer, not the file itself; fetch it with 'git "
      "lfs pull'");
  EXPECT_EQ(with("[]"), "DIR/generation_config.json: expected a JSON object");
  EXPECT_TRUE(with("{,").starts_with("DIR/generation_config.json: byte 1: "));
}

}  // namespace
}  // namespace nf
