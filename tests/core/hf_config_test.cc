#include "core/model/hf_config.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/error.h"

namespace nf {
namespace {

HfConfig config_of(const Json& json) { return HfConfig(json, "DIR/config.json"); }

TEST(HfConfig, ReadsFieldsAndFallbacks) {
  const HfConfig config = config_of({{"hidden_size", 768},
                                     {"eps", 1e-6},
                                     {"whole", 2},
                                     {"tied", false},
                                     {"act", "silu"},
                                     {"none", nullptr}});
  EXPECT_EQ(config.file(), "DIR/config.json");
  EXPECT_EQ(config.positive("hidden_size"), 768);
  EXPECT_EQ(config.positive_or("hidden_size", 1), 768);
  EXPECT_EQ(config.positive_or("absent", 5), 5);
  EXPECT_EQ(config.positive_or("none", 6), 6);
  EXPECT_EQ(config.number_or("eps", 1.0), 1e-6);
  EXPECT_EQ(config.number_or("whole", 1.0), 2.0);
  EXPECT_EQ(config.number_or("none", 1.5), 1.5);
  EXPECT_FALSE(config.flag_or("tied", true));
  EXPECT_TRUE(config.flag_or("absent", true));
  EXPECT_TRUE(config.flag_or("none", true));
  EXPECT_EQ(config.text_or("act", "relu"), "silu");
  EXPECT_EQ(config.text_or("none", "relu"), "relu");
  EXPECT_TRUE(config.raw("none").is_null());
  EXPECT_TRUE(config.raw("absent").is_null());
  EXPECT_EQ(config.raw("hidden_size"), Json(768));
}

TEST(HfConfig, AbsentIsNotNull) {
  const HfConfig config = config_of({{"none", nullptr}, {"zero", 0}});
  EXPECT_TRUE(config.has("none"));
  EXPECT_TRUE(config.has("zero"));
  EXPECT_FALSE(config.has("absent"));
}

TEST(HfConfig, SpellingIsTheFirstThatSaysSomething) {
  const HfConfig config = config_of({{"n_embd", nullptr}, {"hidden_size", 8}, {"width", 9}});
  EXPECT_EQ(config.spelling({"n_embd", "hidden_size", "width"}), "hidden_size");
  EXPECT_EQ(config.spelling({"width", "hidden_size"}), "width");
  EXPECT_EQ(config.spelling({"n_embd", "d_model"}), "n_embd");
}

TEST(HfConfig, TellsTwoNamesWithTwoValues) {
  const HfConfig config = config_of({{"n_embd", 8}, {"hidden_size", 9}, {"width", 8}});
  EXPECT_EQ(config.spelling({"n_embd", "width"}), "n_embd");
  EXPECT_TRUE(config.warnings().empty());
  for (int again = 0; again < 2; ++again) config.spelling({"n_embd", "hidden_size", "width"});
  EXPECT_EQ(config.warnings(),
            std::vector<std::string>{"DIR/config.json: n_embd: 8 is used; hidden_size, the other "
                                     "name of this field, is 9"});
}

TEST(HfConfig, WarningsOfNestedObjectsAreTheWholes) {
  const HfConfig config = config_of({{"o", {{"n", 1}}}});
  config.object("o").warn("n", "cause");
  EXPECT_EQ(config.warnings(), std::vector<std::string>{"DIR/config.json: o: n: cause"});
}

TEST(HfConfig, NestedObjectsKeepTheirPlace) {
  const HfConfig config = config_of({{"rope_scaling", {{"factor", 8}}}});
  EXPECT_EQ(config.object("rope_scaling").positive("factor"), 8);
  EXPECT_EQ(config.object("rope_scaling").file(), "DIR/config.json: rope_scaling");
}

TEST(HfConfig, ErrorsNameFileFieldAndCause) {
  struct Case {
    Json json;
    std::function<void(const HfConfig&)> read;
    std::string message;
  };
  const auto positive = [](const HfConfig& c) { c.positive("n"); };
  const std::vector<Case> cases = {
      {Json::object(), positive, "n: required field is missing"},
      {{{"n", nullptr}}, positive, "n: required field is missing"},
      {{{"n", 0}}, positive, "n: must be a positive integer, is 0"},
      {{{"n", -4}}, positive, "n: must be a positive integer, is -4"},
      {{{"n", 1.5}}, positive, "n: must be a positive integer, is 1.5"},
      {{{"n", "768"}}, positive, "n: must be a positive integer, is \"768\""},
      {{{"n", true}}, positive, "n: must be a positive integer, is true"},
      // Products of two sizes must fit an Index.
      {{{"n", 4294967296}}, positive, "n: must be a positive integer, is 4294967296"},
      {{{"n", 18446744073709551615u}},
       positive,
       "n: must be a positive integer, is 18446744073709551615"},
      {{{"n", 0}},
       [](const HfConfig& c) { c.positive_or("n", 3); },
       "n: must be a positive integer, is 0"},
      {{{"n", "big"}},
       [](const HfConfig& c) { c.number_or("n", 1.0); },
       "n: must be a number, is \"big\""},
      {{{"n", "NaN"}},
       [](const HfConfig& c) { c.number_or("n", 1.0); },
       "n: must be a number, is \"NaN\""},
      {{{"n", 1e39}},
       [](const HfConfig& c) { c.number_or("n", 1.0); },
       "n: must be a number of float32, is 1e+39"},
      {{{"n", 1}},
       [](const HfConfig& c) { c.flag_or("n", false); },
       "n: must be true or false, is 1"},
      {{{"n", Json::array({"a"})}},
       [](const HfConfig& c) { c.text_or("n", ""); },
       "n: must be a string, is [\"a\"]"},
      {{{"n", 1}}, [](const HfConfig& c) { c.object("n"); }, "n: must be an object, is 1"},
      {{{"o", {{"n", 0}}}},
       [](const HfConfig& c) { c.object("o").positive("n"); },
       "o: n: must be a positive integer, is 0"},
      {{{"n", "gelu"}},
       [](const HfConfig& c) { c.require(false, "n", "only silu is implemented"); },
       "n: only silu is implemented (is \"gelu\")"},
      {Json::object(), [](const HfConfig& c) { c.require(false, "n", "only silu is implemented"); },
       "n: only silu is implemented (is absent)"},
  };
  for (const Case& c : cases) {
    try {
      c.read(config_of(c.json));
      ADD_FAILURE() << "no error for " << c.json.dump();
    } catch (const DataError& error) {
      EXPECT_EQ(error.what(), "DIR/config.json: " + c.message);
    }
  }
}

}  // namespace
}  // namespace nf
