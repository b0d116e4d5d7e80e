#include <gtest/gtest.h>

#include "eval/predict/predictor.h"

namespace nf {
namespace {

class ResidualError : public testing::Test {
 protected:
  ResidualError() {
    baseline_.key.name = "baseline";
    for (const Index window : {0, 1, 2}) {
      baseline_.windows.push_back({.window = window, .sums = {.tokens = 1, .residual = 100.0}});
      row_.windows.push_back({.window = window, .sums = {.tokens = 1}});
      row_.windows.back().sums.residual_error = static_cast<double>(window);
    }
    row_.sites = {{.site = "layers.0.o_proj.weight"}};
  }
  std::optional<double> value() const {
    const PredictorRegistry registry = PredictorRegistry::builtin();
    return registry.find("residual_error")->make({.baseline = &baseline_})(row_);
  }
  ResultRow baseline_, row_;
};

TEST_F(ResidualError, IsOfTheWindowsThatTheRowHas) {
  EXPECT_DOUBLE_EQ(*value(), 3.0 / 300.0);
  row_.windows.pop_back();
  EXPECT_DOUBLE_EQ(*value(), 1.0 / 200.0);
}

TEST_F(ResidualError, IsNotKnownOfRecordsWithoutIt) {
  baseline_.windows[1].sums.lacks_residual = true;
  EXPECT_FALSE(value());
  baseline_.windows[1].sums.lacks_residual = false;
  row_.windows[0].sums.lacks_residual_error = true;
  EXPECT_FALSE(value());
}

}  // namespace
}  // namespace nf
