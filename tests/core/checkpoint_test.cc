#include "core/checkpoint/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <tuple>
#include <utility>

#include "core/base/check.h"
#include "core/io/mapped_ranges.h"
#include "core/io/read_file.h"
#include "core/tensor/matrix.h"
#include "tests/support/model_errors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_families.h"
#include "tests/support/write_safetensors.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<TestTensor> some_tensors() {
  return {{"embed.weight", Dtype::f32, {4, 3}, std::vector<float>(12, 0.5f)},
          {"layers.0.q_proj.weight", Dtype::f16, {2, 3}, {1, 2, 3, 4, 5, 6}},
          {"layers.0.q_proj.bias", Dtype::bf16, {2}, {7, 8}},
          {"norm.weight", Dtype::f32, {3}, {9, 10, 11}}};
}

/// The message without the directory, which may stand in it twice.
std::string message_of(const std::filesystem::path& dir) {
  std::string message = "no error";
  try {
    Checkpoint::open(dir);
  } catch (const DataError& error) {
    message = error.what();
  }
  for (std::size_t at; (at = message.find(dir.string())) != std::string::npos;)
    message.replace(at, dir.string().size(), "DIR");
  return message;
}

enum class Form { safetensors, torch_bin };

/// In one file, or in that many shards.
void write_weights(const TempDir& dir, Form form, int shards,
                   const std::vector<TestTensor>& tensors) {
  const bool torch = form == Form::torch_bin;
  if (shards > 0) {
    torch ? write_torch_shards(dir.path(), tensors, shards)
          : write_sharded(dir.path(), tensors, shards);
  } else {
    torch ? write_torch_bin(dir / "pytorch_model.bin", tensors)
          : write_safetensors(dir / "model.safetensors", tensors);
  }
}

class CheckpointForm : public testing::TestWithParam<std::tuple<Form, int>> {};

TEST_P(CheckpointForm, ReadsTheSame) {
  {
    const auto [form, shards] = GetParam();
    const TempDir dir;
    write(dir / "config.json", R"({"model_type": "opt", "hidden_size": 3})");
    write_weights(dir, form, shards, some_tensors());
    const Checkpoint checkpoint = Checkpoint::open(dir.path());
    EXPECT_EQ(checkpoint.dir(), dir.path());
    EXPECT_EQ(checkpoint.config()["hidden_size"], 3);
    EXPECT_EQ(checkpoint.names(),
              (std::vector<std::string>{"embed.weight", "layers.0.q_proj.bias",
                                        "layers.0.q_proj.weight", "norm.weight"}));
    EXPECT_TRUE(checkpoint.has("norm.weight"));
    EXPECT_FALSE(checkpoint.has("norm"));
    EXPECT_EQ(checkpoint.info("embed.weight").shape_text(), "[4, 3]");
    Matrix q(1, 3), bias(1, 2);
    checkpoint.prefetch("layers.0.q_proj.weight");
    for (int pass = 0; pass < 2; ++pass) {
      checkpoint.read_f32("layers.0.q_proj.weight", 1, 1, q);
      EXPECT_EQ(std::vector<float>(q.data(), q.data() + 3), (std::vector<float>{4, 5, 6}));
      checkpoint.release("layers.0.q_proj.weight");  // and reads again afterwards
    }
    checkpoint.read_f32("layers.0.q_proj.bias", 0, 1, bias);
    EXPECT_EQ(bias(0, 1), 8.0f);
    EXPECT_THROW(checkpoint.read_f32("layers.0.q_proj.bias", 0, 2, bias), InternalError);
    checkpoint.prefetch("embed.weight", 1, 2);
    Matrix embed(4, 3);
    checkpoint.read_f32("embed.weight", 0, 4, embed);
    checkpoint.release("embed.weight", 0, 4);
    EXPECT_EQ(embed(3, 2), 0.5f);
    EXPECT_THROW(checkpoint.release("embed.weight", 3, 2), InternalError);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CheckpointForm,
                         testing::Combine(testing::Values(Form::safetensors, Form::torch_bin),
                                          testing::Values(0, 1, 3)));

TEST(Checkpoint, NoticesThatASmallFileIsRewritten) {
  for (const char* name : {"config.json", "tokenizer_config.json"}) {
    const TempDir dir;
    tiny_opt().write(dir.path());
    write(dir / name, read_text_file(dir / "config.json"));
    const Checkpoint checkpoint = Checkpoint::open(dir.path());
    check_mapped_files();
    write(dir / name, "{}");
    const std::string message = data_error_of([] { check_mapped_files(); });
    EXPECT_TRUE(message.starts_with((dir / name).string() + ": changed while it was being read"))
        << message;
  }
}

TEST(Checkpoint, MovesWithItsTensors) {
  const TempDir dir;
  write(dir / "config.json", "{}");
  write_sharded(dir.path(), some_tensors(), 2);
  Checkpoint first = Checkpoint::open(dir.path());
  const Checkpoint second = std::move(first);
  Matrix norm(1, 3);
  second.read_f32("norm.weight", 0, 1, norm);
  EXPECT_EQ(norm(0, 2), 11.0f);
}

TEST(Checkpoint, TakesTheWeightsThatTransformersWouldTake) {
  const TempDir dir;
  write(dir / "config.json", "{}");
  const auto tensor = [](const char* name) {
    return std::vector<TestTensor>{{name, Dtype::f32, {1}, {1}}};
  };
  write_torch_shards(dir.path(), tensor("torch shard"), 1);
  const auto name = [&] { return Checkpoint::open(dir.path()).names().at(0); };
  EXPECT_EQ(name(), "torch shard");
  write_torch_bin(dir / "pytorch_model.bin", tensor("torch"));
  EXPECT_EQ(name(), "torch");
  write_sharded(dir.path(), tensor("shard"), 1);
  EXPECT_EQ(name(), "shard");
  write_safetensors(dir / "model.safetensors", tensor("single"));
  EXPECT_EQ(name(), "single");
}

TEST(Checkpoint, MissingTensorsSuggestAName) {
  const TempDir dir;
  write(dir / "config.json", "{}");
  write_safetensors(dir / "model.safetensors", some_tensors());
  const Checkpoint checkpoint = Checkpoint::open(dir.path());
  const auto message = [&](const std::string& name) -> std::string {
    try {
      checkpoint.info(name);
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir.path().string().size());
    }
    return "no error";
  };
  EXPECT_EQ(message("layers.0.q_proj.weigth"),
            ": tensor 'layers.0.q_proj.weigth' is missing; did you mean 'layers.0.q_proj.weight'?");
  EXPECT_EQ(message("zzz"), ": tensor 'zzz' is missing");
}

TEST(Checkpoint, NonFiniteWeightsNameFileTensorAndPlace) {
  const TempDir dir;
  write(dir / "config.json", "{}");
  write_sharded(dir.path(),
                {{"a", Dtype::f32, {1}, {1}}, {"b", Dtype::f16, {2, 2}, {1, 2, NAN, 4}}}, 2);
  const Checkpoint checkpoint = Checkpoint::open(dir.path());
  Matrix out(2, 2);
  try {
    checkpoint.read_f32("b", 0, 2, out);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_EQ(error.what(),
              (dir / "model-00002-of-00002.safetensors").string() + ": tensor 'b': NaN at [1, 0]");
  }
}

TEST(Checkpoint, IncompleteDirectoriesSayWhatIsMissing) {
  const TempDir dir;
  EXPECT_EQ(message_of(dir / "none"), "DIR: no such directory");
  write(dir / "file", "");
  EXPECT_EQ(message_of(dir / "file"), "DIR: not a directory; a Hugging Face checkpoint is one");
  EXPECT_EQ(message_of(dir.path()),
            "DIR: no config.json; is this a Hugging Face checkpoint directory?");
  write(dir / "config.json", "{\"a\": 1,}");
  EXPECT_EQ(message_of(dir.path()),
            "DIR/config.json: byte 8: syntax error while parsing object key - unexpected '}'; "
            "expected string literal");
  write(dir / "config.json", "[]");
  EXPECT_EQ(message_of(dir.path()), "DIR/config.json: expected a JSON object");
  write(dir / "config.json", "{}");
  EXPECT_EQ(message_of(dir.path()),
            "DIR: no weights; looked for model.safetensors, model.safetensors.index.json, "
            "pytorch_model.bin, pytorch_model.bin.index.json");
  write(dir / "pytorch_model.bin", "");
  EXPECT_EQ(message_of(dir.path()),
            "DIR/pytorch_model.bin: not a zip archive, as torch.save writes since PyTorch 1.6; "
            "truncated or not finished downloading?");
  write(dir / "model.safetensors", "");
  EXPECT_EQ(message_of(dir.path()),
            "DIR/model.safetensors: truncated: 0 bytes, a safetensors file begins with 8 of header "
            "length");
}

TEST(Checkpoint, WrongIndexesNameTheirMistake) {
  const TempDir dir;
  write(dir / "config.json", "{}");
  const std::filesystem::path index = dir / "model.safetensors.index.json";
  const auto with_index = [&](const std::string& text) {
    write(index, text);
    return message_of(dir.path());
  };
  write_safetensors(dir / "s1.safetensors", {{"a", Dtype::f32, {1}, {1}}});
  write_safetensors(dir / "s2.safetensors",
                    {{"b", Dtype::f32, {1}, {2}}, {"c", Dtype::f32, {1}, {3}}});
  const std::string start = "DIR/model.safetensors.index.json: ";
  EXPECT_EQ(with_index("{"), start +
                                 "byte 1: syntax error while parsing object key - unexpected end "
                                 "of input; expected string literal");
  EXPECT_EQ(with_index("[]"), start + "weight_map is missing or not an object");
  EXPECT_EQ(with_index("{}"), start + "weight_map is missing or not an object");
  EXPECT_EQ(with_index(R"({"weight_map": {"a": 1}})"),
            start + "tensor 'a': expected the name of a file beside the index, found 1");
  EXPECT_EQ(with_index(R"({"weight_map": {"a": "../s1.safetensors"}})"),
            start +
                "tensor 'a': expected the name of a file beside the index, found "
                "\"../s1.safetensors\"");
  EXPECT_EQ(with_index(R"({"weight_map": {"a": ".."}})"),
            start + "tensor 'a': expected the name of a file beside the index, found \"..\"");
  EXPECT_EQ(with_index(R"({"weight_map": {"a": "s1.safetensors", "a": "s2.safetensors"}})"),
            start + "byte 39: key 'a' appears twice");
  EXPECT_EQ(with_index(R"({"weight_map": {"a": "s1.safetensors", "b": "s2.safetensors"}})"),
            "no error");
  write(dir / "s2.safetensors", read_text_file(dir / "s2.safetensors") + "x");
  EXPECT_NE(message_of(dir.path()), "no error") << "damage in a shard is found at opening";
}

/// The message about a tensor that is asked for, the directory written as DIR.
std::string info_error(const TempDir& dir, const Checkpoint& checkpoint, const std::string& name) {
  std::string message = data_error_of([&] { checkpoint.info(name); });
  const std::string path = dir.path().string();
  for (std::size_t at; (at = message.find(path)) != std::string::npos;)
    message.replace(at, path.size(), "DIR");
  return message;
}

/// Two shards and an index of either form.
class CheckpointIndex : public testing::TestWithParam<Form> {
 protected:
  void SetUp() override { write(dir_ / "config.json", "{}"); }
  std::string ending() const { return GetParam() == Form::torch_bin ? ".bin" : ".safetensors"; }
  std::string index_name() const {
    return GetParam() == Form::torch_bin ? "pytorch_model.bin.index.json"
                                         : "model.safetensors.index.json";
  }
  void write_shard(const std::string& stem, const std::vector<TestTensor>& tensors) const {
    GetParam() == Form::torch_bin ? write_torch_bin(dir_ / (stem + ".bin"), tensors)
                                  : write_safetensors(dir_ / (stem + ".safetensors"), tensors);
  }
  /// entries: tensor, shard's stem
  void write_index(const std::vector<std::pair<std::string, std::string>>& entries) const {
    Json index = {{"weight_map", Json::object()}};
    for (const auto& [tensor, shard] : entries) index["weight_map"][tensor] = shard + ending();
    write(dir_ / index_name(), index.dump());
  }

  TempDir dir_;
};

TEST_P(CheckpointIndex, AShardMayHoldMoreThanItLists) {
  write_shard("1", {{"a", Dtype::f32, {1}, {1}}, {"extra", Dtype::f32, {1}, {5}}});
  write_shard("2", {{"b", Dtype::f32, {1}, {2}}});
  write_index({{"a", "1"}, {"b", "2"}});
  const Checkpoint checkpoint = Checkpoint::open(dir_.path());
  EXPECT_EQ(checkpoint.names(), (std::vector<std::string>{"a", "b", "extra"}));
  EXPECT_TRUE(checkpoint.is_listed("a"));
  EXPECT_FALSE(checkpoint.is_listed("extra"));
  Matrix extra(1, 1);
  checkpoint.read_f32("extra", 0, 1, extra);
  EXPECT_EQ(extra(0, 0), 5.0f);
}

TEST_P(CheckpointIndex, AnEntryInVainIsToldToWhoAsks) {
  write_shard("1", {{"a", Dtype::f32, {1}, {1}}});
  write_index({{"a", "1"}, {"b", "1"}, {"c", "9"}});
  const Checkpoint checkpoint = Checkpoint::open(dir_.path());
  EXPECT_EQ(checkpoint.names(), std::vector<std::string>{"a"});
  EXPECT_FALSE(checkpoint.has("b"));
  EXPECT_FALSE(checkpoint.is_listed("b"));
  EXPECT_EQ(checkpoint.broken().size(), 2u);
  EXPECT_EQ(info_error(dir_, checkpoint, "b"),
            "DIR/" + index_name() + ": tensor 'b' is not in shard '1" + ending() + "'");
  EXPECT_EQ(info_error(dir_, checkpoint, "c"),
            "DIR/" + index_name() + ": tensor 'c': shard '9" + ending() + "' is missing in DIR");
}

TEST_P(CheckpointIndex, ATensorInAnotherShardIsReadFromThere) {
  write_shard("1", {{"a", Dtype::f32, {1}, {1}}});
  write_shard("2", {{"b", Dtype::f32, {1}, {2}}, {"c", Dtype::f32, {1}, {3}}});
  write_index({{"a", "1"}, {"b", "2"}, {"c", "1"}});
  const Checkpoint checkpoint = Checkpoint::open(dir_.path());
  Matrix c(1, 1);
  checkpoint.read_f32("c", 0, 1, c);
  EXPECT_EQ(c(0, 0), 3.0f);
  EXPECT_TRUE(checkpoint.broken().empty());
  ASSERT_EQ(checkpoint.warnings().size(), 1u);
  EXPECT_TRUE(checkpoint.warnings()[0].ends_with("tensor 'c' is not in shard '1" + ending() +
                                                 "'; it is taken from 2" + ending()))
      << checkpoint.warnings()[0];
}

TEST_P(CheckpointIndex, ATensorInTwoShardsIsToldToWhoAsks) {
  write_shard("1", {{"a", Dtype::f32, {1}, {1}}, {"b", Dtype::f32, {1}, {2}}});
  write_shard("2", {{"b", Dtype::f32, {1}, {2}}, {"c", Dtype::f32, {1}, {3}}});
  write_index({{"a", "1"}, {"b", "2"}});
  const Checkpoint checkpoint = Checkpoint::open(dir_.path());
  EXPECT_EQ(info_error(dir_, checkpoint, "a"), "no error");
  EXPECT_EQ(info_error(dir_, checkpoint, "b"),
            "DIR/1" + ending() + ": tensor 'b' is in 2" + ending() + " as well");
}

INSTANTIATE_TEST_SUITE_P(All, CheckpointIndex, testing::Values(Form::safetensors, Form::torch_bin));

TEST(Checkpoint, TellsWeightsThatLieBesideThoseItReads) {
  const TempDir dir;
  write(dir / "config.json", "{}");
  const std::vector<TestTensor> tensors{{"a", Dtype::f32, {1}, {1}}};
  const std::string place = dir.path().string() + ": ";
  using Texts = std::vector<std::string>;
  write_safetensors(dir / "model.safetensors", tensors);
  EXPECT_EQ(Checkpoint::open(dir.path()).warnings(), Texts{});
  write_torch_bin(dir / "pytorch_model.bin", tensors);
  write_sharded(dir.path(), tensors, 1);
  EXPECT_EQ(Checkpoint::open(dir.path()).warnings(),
            (Texts{place + "model.safetensors is read; model.safetensors.index.json beside it is "
                           "not",
                   place + "model.safetensors is read; pytorch_model.bin beside it is not"}));
}

TEST(Checkpoint, ReadsWhatPythonWritesForNumbers) {
  const TempDir dir;
  write(dir / "config.json", R"({"dropout": NaN, "limit": [Infinity, -Infinity]})");
  write_sharded(dir.path(), some_tensors(), 2);
  EXPECT_EQ(Checkpoint::open(dir.path()).config()["dropout"], "NaN");
  write(dir / "model.safetensors.index.json",
        R"({"metadata": {"total_size": Infinity}, "weight_map": {}})");
  EXPECT_EQ(message_of(dir.path()), "no error");
}

TEST(Checkpoint, GitsPlaceholdersAreRecognisedInEveryFile) {
  const std::vector<TestTensor> tensors = some_tensors();
  for (const char* name : {"config.json", "model.safetensors", "model.safetensors.index.json",
                           "model-00001-of-00001.safetensors", "pytorch_model.bin",
                           "pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin"}) {
    const TempDir dir;
    write(dir / "config.json", "{}");
    if (std::string(name).find("bin") != std::string::npos) {
      write_torch_shards(dir.path(), tensors, 1);
    } else {
      write_sharded(dir.path(), tensors, 1);
    }
    write(dir / name, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n");
    EXPECT_EQ(message_of(dir.path()),
              "DIR/" + std::string(name) +
                  ": a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'");
  }
}

/// Rows enough for several slabs, and values of every type.
TEST(Checkpoint, ComparesValuesNotBytes) {
  const Index rows = 9000, cols = 300;
  std::vector<float> values(static_cast<std::size_t>(rows * cols), 0.5f);
  values[7] = 0.0f;
  const TempDir dir;
  write(dir / "config.json", "{}");
  const auto checkpoint = [&](Dtype dtype, std::size_t at, float value) {
    std::vector<float> others = values;
    others[at] = value;
    write_safetensors(dir / "model.safetensors", {{"a", Dtype::f32, {rows, cols}, values},
                                                  {"b", dtype, {rows, cols}, others}});
    return Checkpoint::open(dir.path());
  };
  EXPECT_TRUE(checkpoint(Dtype::f32, 0, 0.5f).equal_values("a", "b"));
  EXPECT_TRUE(checkpoint(Dtype::f32, 7, -0.0f).equal_values("a", "b"));
  for (const Dtype dtype : {Dtype::f16, Dtype::bf16, Dtype::f64})
    EXPECT_TRUE(checkpoint(dtype, 0, 0.5f).equal_values("a", "b"));
  for (const std::size_t at : {std::size_t{0}, values.size() / 2, values.size() - 1}) {
    EXPECT_FALSE(checkpoint(Dtype::f32, at, 0.25f).equal_values("a", "b")) << at;
    EXPECT_FALSE(checkpoint(Dtype::bf16, at, 0.25f).equal_values("a", "b")) << at;
    EXPECT_FALSE(checkpoint(Dtype::f32, at, NAN).equal_values("a", "b")) << at;
  }
  EXPECT_TRUE(checkpoint(Dtype::f32, 0, 0.25f).equal_values("b", "b"));
}

TEST(Checkpoint, ContentHashSeesEveryByteButNoPath) {
  const auto hash_of = [](const std::string& config, float value, bool sharded) {
    const TempDir dir;  // another path every time
    write(dir / "config.json", config);
    std::vector<TestTensor> tensors = some_tensors();
    tensors[3].values[2] = value;
    if (sharded) {
      write_sharded(dir.path(), tensors, 2);
    } else {
      write_safetensors(dir / "model.safetensors", tensors);
    }
    return Checkpoint::open(dir.path()).content_hash();
  };
  const std::string hash = hash_of("{}", 1.0f, true);
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(hash_of("{}", 1.0f, true), hash);
  EXPECT_NE(hash_of("{} ", 1.0f, true), hash);
  EXPECT_NE(hash_of("{}", 1.0000001f, true), hash);
  EXPECT_NE(hash_of("{}", 1.0f, false), hash);
}

TEST(Checkpoint, OpensTheReferenceModels) {
  const char* const reference = std::getenv("NOISEFLOOR_REFERENCE_DIR");
  if (reference == nullptr) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  int opened = 0;
  for (const char* folder : {"models", "conformance"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(reference) / folder)) {
      const Checkpoint checkpoint = Checkpoint::open(entry.path());
      EXPECT_TRUE(checkpoint.config().contains("model_type")) << entry.path();
      Matrix out;
      for (const std::string& name : checkpoint.names()) {
        const TensorInfo& info = checkpoint.info(name);
        out.resize(info.rows(), info.cols());
        checkpoint.read_f32(name, 0, info.rows(), out);
        checkpoint.release(name);
      }
      ++opened;
    }
  }
  EXPECT_GE(opened, 12);
}

}  // namespace
}  // namespace nf
