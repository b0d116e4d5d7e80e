#include "core/config/path_value.h"

#include <gtest/gtest.h>

#include "core/config/override.h"
#include "core/config/yaml_reader.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

std::string resolved(const ConfigNode& node) {
  ConfigErrors errors;
  const std::optional<PathValue> path = ConfigValue<PathValue>::read(node, errors);
  errors.throw_if_any();
  return path->resolved.string();
}

ConfigNode parse(const std::string& text, const std::string& file) {
  ConfigErrors errors;
  return parse_yaml(text, file, errors);
}

TEST(PathValue, CountsFromTheFolderOfTheFile) {
  EXPECT_EQ(resolved(parse("models/opt", "experiments/e.yaml")), "experiments/models/opt");
  EXPECT_EQ(resolved(parse("../models/./opt", "/home/me/experiments/e.yaml")),
            "/home/me/models/opt");
  EXPECT_EQ(resolved(parse("opt", "e.yaml")), "opt");
}

TEST(PathValue, LeavesAbsolutePathsAlone) {
  EXPECT_EQ(resolved(parse("/data/text.txt", "experiments/e.yaml")), "/data/text.txt");
}

TEST(PathValue, CountsFromTheCallerOnTheCommandLine) {
  const ConfigNode root =
      with_override(parse("text: a.txt", "experiments/e.yaml"), "text=other/b.txt");
  EXPECT_EQ(resolved(*root.find("text")), "other/b.txt");
}

TEST(PathValue, CountsFromADirectoryThatIsGiven) {
  ConfigErrors errors;
  const ConfigNode root = parse_yaml("text: a.txt", "kept/e.yaml", errors, "/first/place");
  EXPECT_EQ(resolved(*root.find("text")), "/first/place/a.txt");
  EXPECT_EQ(resolved(*with_earlier_override(root, "text=b.txt", "/caller").find("text")),
            "/caller/b.txt");
}

TEST(PathValue, KeepsWhatWasWritten) {
  ConfigErrors errors;
  const auto path = ConfigValue<PathValue>::read(parse("../a", "x/e.yaml"), errors);
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->written, "../a");
  EXPECT_EQ(ConfigValue<PathValue>::write(*path), "a");
}

TEST(PathValue, IsText) {
  EXPECT_EQ(config_message("[a, b]",
                           [](const ConfigNode& node, ConfigErrors& errors) {
                             ConfigValue<PathValue>::read(node, errors);
                           }),
            "f.yaml:1:1: cannot read a list as text");
}

}  // namespace
}  // namespace nf
