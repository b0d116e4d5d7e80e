#include "eval/records/run_manifest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/version.h"
#include "eval/records/identity_checks.h"
#include "tests/support/task_support.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

RunManifest example() {
  return {.about = {{"command", "noisefloor run"}, {"set", Json::array({"seed=1"})}},
          .numerics = kNumericsVersion,
          .env = {{"isa", "avx2"}},
          .models = {{"opt", "m1", "d1"}},
          .tasks = {{"piqa", false}, {"lambada", true}},
          .rows = std::vector<RowKey>{
              {.id = "b", .name = "baseline", .model = "opt"},
              {.id = "t",
               .name = "noise",
               .model = "opt",
               .seed = 18446744073709551615u,
               .vars = {{"r", 0.1}, {"dist", "uniform"}, {"g", Json::array({1, 2})}},
               .design = {.kind = "each", .factor = "layer"}}}};
}

class RunManifestFile : public testing::Test {
 protected:
  RunManifest written(const std::string& text) const {
    std::ofstream(temp_ / "manifest.json") << text;
    return read_manifest(temp_ / "manifest.json");
  }
  std::string error_of(const Json& json) const {
    const std::string message = data_error_of([&] { written(json.dump()); });
    const std::string place = (temp_ / "manifest.json").string() + ": ";
    return message.starts_with(place) ? message.substr(place.size()) : message;
  }
  TempDir temp_;
};

TEST(ModelDifference, SaysWhatCanBeCounted) {
  const ModelIdentity was{.model = "opt",
                          .model_hash = "m",
                          .data_hash = "d",
                          .windows = 8,
                          .questions = {{"piqa", 20}, {"arc", 5}}};
  const auto text = [](const ModelIdentity& a, const ModelIdentity& b) {
    const auto other = model_difference(a, b);
    return other ? fmt::format("{}: {} {}, {}", other->what, other->hash, other->was, other->is)
                 : "none";
  };
  EXPECT_EQ(text(was, was), "none");
  ModelIdentity is = was;
  is.data_hash = "e";
  const std::string general =
      "another text, other windows or tasks, or another tokenizer: data_hash d, e";
  EXPECT_EQ(text(was, is), general);
  is.questions[1].second = 6;
  EXPECT_EQ(text(was, is), "another number of questions of task 'arc': questions 5, 6");
  is.windows = 16;
  EXPECT_EQ(text(was, is), "another number of windows: windows 8, 16");
  is.model_hash = "n";
  EXPECT_EQ(text(was, is), "other weights or another config: model_hash m, n");
  // An earlier version of the program did not count.
  EXPECT_EQ(text({.model = "opt", .model_hash = "n", .data_hash = "d"}, is), general);
}

TEST_F(RunManifestFile, ReadsWhatItWrites) {
  const RunManifest manifest = written(manifest_text(example()));
  EXPECT_EQ(manifest.about, example().about);
  EXPECT_EQ(manifest.env, example().env);
  EXPECT_EQ(manifest.models[0].data_hash, "d1");
  ASSERT_EQ(manifest.tasks.size(), 2u);
  EXPECT_TRUE(manifest.tasks[1].has_ppl);
  ASSERT_EQ(manifest.rows->size(), 2u);
  const RowKey& row = manifest.rows->back();
  EXPECT_FALSE(manifest.rows->front().seed.has_value());
  EXPECT_EQ(row.seed, 18446744073709551615u);
  EXPECT_EQ(row.vars.dump(), example().rows->back().vars.dump());  // the order, too
  EXPECT_EQ(row.design.kind, "each");
  EXPECT_EQ(row.design.factor, "layer");
  EXPECT_EQ(row.design.resolution, 0);
  EXPECT_EQ(manifest_text(manifest), manifest_text(example()));
}

TEST_F(RunManifestFile, KnowsTheResolutionOfAFactorial) {
  RunManifest manifest = example();
  manifest.rows->back().design = {.kind = "factorial", .factor = "role", .resolution = 4};
  const Design design = written(manifest_text(manifest)).rows->back().design;
  EXPECT_EQ(design.kind, "factorial");
  EXPECT_EQ(design.resolution, 4);
}

TEST_F(RunManifestFile, KnowsTheCalibrationOfModelsAndRowsAndTheExamplesOfTasks) {
  RunManifest manifest = example();
  manifest.models.front().calibration = {
      {.name = "ref", .windows = 32, .tokens = 16384, .hash = "c1", .overlap = 512},
      {.name = "drawn", .seed = 3, .windows = 2, .tokens = 64, .hash = "c2"}};
  manifest.rows->back().calibration_overlap = 512;
  manifest.tasks.front().few_shot = 5;
  const RunManifest read = written(manifest_text(manifest));
  EXPECT_EQ(read.models.front().calibration, manifest.models.front().calibration);
  EXPECT_EQ(read.rows->back().calibration_overlap, 512);
  EXPECT_EQ(read.rows->front().calibration_overlap, 0);
  EXPECT_EQ(read.tasks.front().few_shot, 5);
  EXPECT_EQ(read.tasks.back().few_shot, 0);
}

TEST_F(RunManifestFile, OfAnEarlierVersionHasNoRows) {
  Json json = Json::parse(manifest_text(example()));
  json.erase("rows");
  json.erase("tasks");
  EXPECT_FALSE(written(json.dump()).rows.has_value());
}

TEST_F(RunManifestFile, NamesWhatIsWrong) {
  const Json good = Json::parse(manifest_text(example()));
  const auto with = [&good](const char* key, const Json& value) {
    Json json = good;
    json[key] = value;
    return json;
  };
  const std::string end = "; this is no manifest of noisefloor";
  EXPECT_EQ(error_of(Json::array()), "numerics or env is missing" + end);
  EXPECT_EQ(error_of(with("env", 3)), "numerics or env is missing" + end);
  EXPECT_EQ(error_of(with("models", {{"a", 1}})),
            "models: expected a list of model, model_hash and data_hash" + end);
  EXPECT_EQ(error_of(with("tasks", Json::array({1}))),
            "tasks: expected a list of name and has_ppl" + end);
  EXPECT_EQ(error_of(with("rows", Json::array({{{"id", "a"}}}))),
            "rows: expected a list of id, name, model, seed and vars" + end);
}

TEST_F(RunManifestFile, OfOtherNumericsIsRefused) {
  RunManifest manifest = example();
  check_numerics(manifest.numerics, "m", "go");
  ++manifest.numerics;
  EXPECT_THROW(check_numerics(manifest.numerics, "m", "go"), ConfigError);
}

}  // namespace
}  // namespace nf
