#include "eval/experiment/meant_shorthand.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

std::string meant(const std::string& text) { return meant_shorthand(text, *Kinds::builtin()); }

TEST(MeantShorthand, OfAQuantizerSaidOtherwise) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"w4", "W4"},
      {"w4a8", "W4A8"},
      {"W4 A8", "W4A8"},
      {"W4 A8 g64 sym", "W4A8 g64 sym"},
      {"W4g64", "W4 g64"},
      {"W4-g64", "W4 g64"},
      {"W4 group64", "W4 g64"},
      {"W4 group 64", "W4 g64"},
      {"W4 group=64 asymmetric", "W4 g64 asym"},
      {"W4 group_size=64", "W4 g64"},
      {"W4A8 per-channel per_token", "W4A8 channel token"},
      {"int4", "W4"},
      {"4bit g128", "W4 g128"},
      {"4-bit", "W4"},
      {"nf4", "W4 nf4"},
      {"W4 GPTQ", "W4 gptq"},
      {"W4 cube_root", "W4 cube-root"},
      {"W4 power=0.5", "W4 power0.5"},
      {"W8A8 smoothquant", "W8A8 smoothquant0.5"},
      {"W4 g64, asym", "W4 g64 asym"},
  };
  for (const auto& [text, expected] : pairs) EXPECT_EQ(meant(text), expected) << text;
}

TEST(MeantShorthand, OfANoiseSaidOtherwise) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"gaussian 0.1", "gaussian l2=0.1"},
      {"gaussian 10%", "gaussian l2=0.1"},
      {"gaussian 20dB", "gaussian snr=20dB"},
      {"gaussian l2 0.1", "gaussian l2=0.1"},
      {"gaussian relative_l2=0.1", "gaussian l2=0.1"},
      {"gaussian snr_db=20", "gaussian snr=20dB"},
      {"inputs gaussian", "input gaussian l2=0.1"},
      {"weights gaussian l2=0.2", "weight gaussian l2=0.2"},
      {"gaussian l2=0.1 inputs", "input gaussian l2=0.1"},
      {"activations student_t 0.1", "input student_t l2=0.1 df=5.0"},
      {"normal l2=0.1 group=64", "gaussian l2=0.1 g64"},
      {"weights gaussian l2=${r}", "weight gaussian l2=${r}"},
  };
  for (const auto& [text, expected] : pairs) EXPECT_EQ(meant(text), expected) << text;
}

TEST(MeantShorthand, NothingIsMeantWhereItIsNotSure) {
  for (const char* text :
       {"W4 g64", "W4 assym", "W9", "W4 g64 channel", "gausian l2=0.1", "clip 0.999", "weight",
        "nothing at all", "0.1", "W4 W8", "gaussian laplace l2=0.1", "W16"})
    EXPECT_EQ(meant(text), "") << text;
}

}  // namespace
}  // namespace nf
