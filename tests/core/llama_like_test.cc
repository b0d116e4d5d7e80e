#include "core/model/llama_like.h"

#include <gtest/gtest.h>

#include "tests/support/model_errors.h"

namespace nf {
namespace {

HfConfig config_of(Json fields) {
  fields["num_hidden_layers"] = 4;
  return {fields, "config.json"};
}

using Windows = std::vector<Index>;

TEST(SlidingWindow, AbsentIsNotNull) {
  EXPECT_EQ(sliding_window(config_of(Json::object())), 4096);
  EXPECT_EQ(sliding_window(config_of({{"sliding_window", nullptr}})), 0);
  EXPECT_EQ(sliding_window(config_of({{"sliding_window", 24}})), 24);
}

TEST(LayerWindows, BeginAtALayer) {
  const HfConfig silent = config_of(Json::object());
  EXPECT_EQ(layer_windows(silent, 24, 0), (Windows{24, 24, 24, 24}));
  EXPECT_EQ(layer_windows(silent, 24, 3), (Windows{0, 0, 0, 24}));
  EXPECT_EQ(layer_windows(silent, 24, 9), (Windows{0, 0, 0, 0}));
  EXPECT_EQ(layer_windows(silent, 0, 0), (Windows{0, 0, 0, 0}));
}

TEST(LayerWindows, AreWhatLayerTypesSay) {
  const char* full = "full_attention";
  const char* sliding = "sliding_attention";
  EXPECT_EQ(layer_windows(config_of({{"layer_types", {sliding, full, full, sliding}}}), 24, 2),
            (Windows{24, 0, 0, 24}));
  EXPECT_EQ(layer_windows(config_of({{"layer_types", {full, full, full, full}}}), 0, 0),
            (Windows{0, 0, 0, 0}));
}

TEST(LayerWindows, TellWhereTheLastLayersAreOthers) {
  const char* full = "full_attention";
  const char* sliding = "sliding_attention";
  const auto warnings = [](const Json& types) {
    const HfConfig config = config_of({{"layer_types", types}, {"max_window_layers", 2}});
    layer_windows(config, 24, 2);
    return config.warnings();
  };
  EXPECT_TRUE(warnings({full, full, sliding, sliding}).empty());
  EXPECT_EQ(warnings({full, sliding, full, sliding}),
            std::vector<std::string>{"config.json: layer_types: is used; max_window_layers is 2"});
}

TEST(LayerWindows, RefuseOtherKindsOfLayers) {
  const auto message = [](const Json& types, Index window) {
    return data_error_of([&] { layer_windows(config_of({{"layer_types", types}}), window, 0); });
  };
  EXPECT_EQ(message("full_attention", 8),
            "config.json: layer_types: must be a list of 4 kinds of layers (is "
            "\"full_attention\")");
  EXPECT_EQ(message(Json::array({"full_attention"}), 8),
            "config.json: layer_types: must be a list of 4 kinds of layers (is "
            "[\"full_attention\"])");
  EXPECT_EQ(message(Json::array({1, 2, 3, 4}), 8),
            "config.json: layer_types: 1 is not implemented; known: full_attention, "
            "sliding_attention (is [1,2,3,4])");
}

TEST(QwenWindows, StandFromALayerOnIfTheyAreUsed) {
  Json fields = {{"use_sliding_window", true}, {"sliding_window", 24}, {"max_window_layers", 2}};
  EXPECT_EQ(qwen_windows(config_of(fields)), (Windows{0, 0, 24, 24}));
  fields["max_window_layers"] = 0;
  EXPECT_EQ(qwen_windows(config_of(fields)), (Windows{24, 24, 24, 24}));
  fields.erase("sliding_window");
  EXPECT_EQ(qwen_windows(config_of(fields)), (Windows{4096, 4096, 4096, 4096}));
  fields.erase("max_window_layers");  // 28
  EXPECT_EQ(qwen_windows(config_of(fields)), (Windows{0, 0, 0, 0}));
  fields["max_window_layers"] = 0;
  fields["use_sliding_window"] = false;
  EXPECT_EQ(qwen_windows(config_of(fields)), (Windows{0, 0, 0, 0}));
  fields["use_sliding_window"] = true;
  fields["sliding_window"] = nullptr;
  EXPECT_EQ(qwen_windows(config_of(fields)), (Windows{0, 0, 0, 0}));
}

}  // namespace
}  // namespace nf
