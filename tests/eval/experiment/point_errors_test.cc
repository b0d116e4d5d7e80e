#include "eval/experiment/point_errors.h"

#include <gtest/gtest.h>

#include "eval/experiment/trial.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

std::string message(const std::string& trial) {
  return config_message(trial, [](const ConfigNode& node, ConfigErrors& errors) {
    expand_trial(node, 0, Kinds::builtin(), errors);
  });
}

const std::string kGrid =
    "quantize: [{sites: {tensor: weight}, grid: \"${g}\", bits: \"${b}\", granularity: channel}]\n";

TEST(PointErrors, AMistakeOfSeveralPointsIsToldOnceWithTheirNumber) {
  EXPECT_EQ(
      message("name: t\nsweep: {g: [nf5, uniform], b: [3, 4, 5]}\n" + kGrid),
      "f.yaml:3:44: quantize[0].grid: unknown grid 'nf5'; did you mean 'nf4'? (3 of 6 points)");
  EXPECT_EQ(message("name: t\nsweep: {g: [nf5, nf6, uniform], b: [3]}\n" + kGrid),
            "f.yaml:3:44: quantize[0].grid: unknown grid 'nf5', 'nf6'; did you mean 'nf4'? (2 of 3 "
            "points)");
  EXPECT_EQ(message("name: t\nsweep: {b: [33, 44, 55, 66, 77]}\nquantize: W${b}\n"),
            "f.yaml:3:11: quantize: 'W33', 'W44', 'W55' and 2 more: between 2 and 8 bits, or 16 to "
            "leave the weights alone (5 of 5 points)");
}

TEST(PointErrors, WhatIsWrongAtOneOrAtEveryPointIsToldAsItIs) {
  EXPECT_EQ(message("name: t\nsweep: {g: [nf5, uniform], b: [4]}\n" + kGrid),
            "f.yaml:3:44: quantize[0].grid: unknown grid 'nf5'; did you mean 'nf4'?");
  EXPECT_EQ(
      message("name: t\nsweep: {b: [3, 4]}\nquantize: W${b} assym\n"),
      "f.yaml:3:11: quantize: unknown word 'assym' behind W3, W4; did you mean 'asym'? (2 of 2 "
      "points)");
  EXPECT_EQ(message("name: t\nsweep: {b: [3, 4, 5]}\nquantize: W${b} group64\n"),
            "f.yaml:3:11: quantize: cannot read 'W3 group64'; write W3 g64 (3 of 3 points, this is "
            "the first)");
}

TEST(PointErrors, SeveralMistakesOfOnePointStayApart) {
  EXPECT_EQ(message("name: t\nsweep: {b: [3, 4]}\nquantize: [{sites: {tensor: weight}, bits: "
                    "\"${b}\"}]\n"),
            "f.yaml:3:12: quantize[0]: required key 'grid' is missing\n"
            "f.yaml:3:12: quantize[0]: required key 'granularity' is missing");
}

}  // namespace
}  // namespace nf
