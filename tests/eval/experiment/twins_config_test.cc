#include "eval/experiment/twins_config.h"

#include <gtest/gtest.h>

#include "eval/design/twin_words.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

TwinsConfig read(const std::string& yaml) {
  ConfigErrors errors;
  const auto twins = ConfigValue<TwinsConfig>::read(parse_good(yaml), errors);
  errors.throw_if_any();
  return twins.value();
}

std::string message_of(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    ConfigValue<TwinsConfig>::read(node, errors);
  });
}

TEST(TwinsConfig, IsAListOfKindsOrSaysMore) {
  const TwinsConfig list = read("[permuted, resigned]");
  ASSERT_EQ(list.kinds.size(), 2u);
  EXPECT_EQ(list.kinds[0].kind->name, "permuted");
  EXPECT_EQ(list.kinds[1].kind->name, "resigned");
  EXPECT_FALSE(list.of);
  const TwinsConfig mapping = read("{kinds: [step], of: weight, calibration: ref}");
  EXPECT_EQ(mapping.kinds.at(0).kind->name, "step");
  EXPECT_EQ(mapping.of, TwinTensor::weight);
  EXPECT_EQ(mapping.calibration, "ref");
}

TEST(TwinsConfig, RefusesWhatIsNoKind) {
  EXPECT_EQ(message_of("[permutted]"),
            "f.yaml:1:2: [0]: unknown value 'permutted'; did you mean 'permuted'?");
  EXPECT_EQ(message_of("[step, permuted, step]"), "f.yaml:1:1: 'step' stands here twice");
  EXPECT_EQ(message_of("[]"), "f.yaml:1:1: needs at least one item");
  EXPECT_EQ(message_of("{of: weight}"), "f.yaml:1:1: required key 'kinds' is missing");
  EXPECT_NE(message_of("{kinds: [step], of: resid}").find("unknown value 'resid'"),
            std::string::npos);
}

/// What findings say of a kind stands in a table of its own, which rooms that read records can see.
TEST(TwinWords, AreThereForEachKind) {
  ASSERT_EQ(all_twin_words().size(), twin_kinds().size());
  for (std::size_t i = 0; i < twin_kinds().size(); ++i) {
    const TwinKind& kind = twin_kinds()[i];
    EXPECT_EQ(all_twin_words()[i].name, kind.name);
    EXPECT_EQ(all_twin_words()[i].draws, kind.surrogate->draws()) << kind.name;
  }
  EXPECT_EQ(find_twin_words("mirrored"), nullptr);
}

}  // namespace
}  // namespace nf
