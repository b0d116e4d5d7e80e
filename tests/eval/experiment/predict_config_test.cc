#include "eval/experiment/predict_config.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

std::vector<CalibrationConfig> sets_of(const std::vector<std::string>& names) {
  std::vector<CalibrationConfig> sets;
  for (const std::string& name : names) sets.emplace_back().name = name;
  return sets;
}

struct Resolved {
  PredictConfig predict;
  std::string error;
};
Resolved resolve(const std::string& text, const std::vector<std::string>& sets) {
  ConfigErrors errors;
  const ConfigNode node = *parse_good("predict: " + text + "\n").find("predict");
  Resolved result;
  if (auto read = ConfigValue<PredictConfig>::read(node, errors)) result.predict = *read;
  if (errors.empty()) result.predict.resolve(sets_of(sets), errors);
  result.error = errors.empty() ? "" : errors.message();
  return result;
}

TEST(PredictConfig, TakesTheOnlySetOrNone) {
  EXPECT_FALSE(resolve("false", {"ref"}).predict.records);
  EXPECT_FALSE(resolve("false", {"ref"}).predict.calibration);
  EXPECT_EQ(resolve("true", {"ref"}).predict.calibration, "ref");
  EXPECT_TRUE(resolve("true", {}).predict.records);
  EXPECT_FALSE(resolve("true", {}).predict.calibration);
  EXPECT_EQ(resolve("{calibration: b}", {"a", "b"}).predict.calibration, "b");
}

TEST(PredictConfig, SaysWhichSetsThereAre) {
  const std::string several = resolve("true", {"a", "b"}).error;
  EXPECT_NE(several.find("several calibration sets"), std::string::npos) << several;
  EXPECT_NE(several.find("one of a, b"), std::string::npos) << several;
  const std::string unknown = resolve("{calibration: rfe}", {"ref"}).error;
  EXPECT_NE(unknown.find("unknown calibration set 'rfe'"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("ref"), std::string::npos) << unknown;
  EXPECT_NE(resolve("maybe", {}).error, "");
  EXPECT_NE(resolve("[ref]", {"ref"}).error, "");
  EXPECT_NE(resolve("{set: ref}", {"ref"}).error, "");
}

TEST(PredictConfig, IsWrittenAsItIsRead) {
  EXPECT_EQ(ConfigValue<PredictConfig>::write({}), Json(false));
  EXPECT_EQ(ConfigValue<PredictConfig>::write({.records = true}), Json(true));
  EXPECT_EQ(ConfigValue<PredictConfig>::write({.records = true, .calibration = "ref"}),
            Json({{"calibration", "ref"}}));
}

}  // namespace
}  // namespace nf
