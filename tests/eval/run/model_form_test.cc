#include "eval/run/model_form.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/ops/int8.h"
#include "tests/support/family_support.h"
#include "tests/support/random_checkpoint.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

ModelForm form(const std::string& name) {
  for (ModelForm& one : model_forms())
    if (one.name == name) return std::move(one);
  return {};
}

TEST(ModelForm, OfIntegersTakesNoLinearOfMoreInputsThanASumHolds) {
  const auto problem = [](const std::string& name, Index inputs) {
    return form(name).problem(
        spec_of(with_fields(tiny_llama().config, {{"intermediate_size", inputs}})));
  };
  for (const char* name : {"w8a8", "w8a8+bf16"}) {
    EXPECT_EQ(problem(name, kMostInt8Inputs), "") << name;
    EXPECT_NE(problem(name, kMostInt8Inputs + 2).find("down_proj of layer 0 has 65538 inputs"),
              std::string::npos)
        << problem(name, kMostInt8Inputs + 2);
  }
  for (const char* name : {"f32", "bf16"}) EXPECT_EQ(problem(name, 100000), "") << name;
}

TEST(ModelForm, IsRefusedWithThePlaceWhereItIsSet) {
  const TempDir dir;
  write_random_checkpoint({{"model_type", "llama"},
                           {"hidden_size", 32},
                           {"intermediate_size", kMostInt8Inputs + 2},
                           {"num_hidden_layers", 1},
                           {"num_attention_heads", 2},
                           {"vocab_size", 300},
                           {"max_position_embeddings", 64},
                           {"tie_word_embeddings", true}},
                          dir.path());
  Decoder decoder = open_decoder(dir.path());
  form("f32").set(decoder, "here");
  try {
    form("w8a8").set(decoder, "--arithmetic: w8a8");
    FAIL() << "it was taken";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()).find("--arithmetic: w8a8: down_proj of layer 0"), 0u)
        << error.what();
  }
}

}  // namespace
}  // namespace nf
