#include "eval/experiment/default_places.h"

#include <gtest/gtest.h>

#include "core/config/yaml_reader.h"

namespace nf {
namespace {

/// Lines about an experiment whose `defaults:` stand at lines 2 and 3.
std::string told(const std::string& lines, const std::string& name = "e.yaml") {
  ConfigErrors errors;
  const ConfigNode root = parse_yaml(
      "defaults:\n  repeat: many\n  strength: {relative_l2: x}\ntrials: []\n", name, errors);
  return with_default_places(lines, root);
}

TEST(DefaultPlaces, SayWhereADefaultIsWritten) {
  EXPECT_EQ(told("e.yaml:2:11: trials[0].repeat: cannot read 'many'"),
            "e.yaml:2:11: defaults.repeat (as trials[0].repeat): cannot read 'many'");
  EXPECT_EQ(told("e.yaml:3:27: trials[1].perturb[0].strength.relative_l2: cause: more"),
            "e.yaml:3:27: defaults.strength.relative_l2 (as "
            "trials[1].perturb[0].strength.relative_l2): cause: more");
  EXPECT_EQ(told("a: b.yaml:2:11: trials[0].repeat: c", "a: b.yaml"),
            "a: b.yaml:2:11: defaults.repeat (as trials[0].repeat): c");
}

TEST(DefaultPlaces, NameTheMappingOfAKey) {
  EXPECT_EQ(told("e.yaml:3:14: trials[0].strength: unknown key"),
            "e.yaml:3:14: defaults.strength (as trials[0].strength): unknown key");
}

TEST(DefaultPlaces, LeaveOtherLinesAlone) {
  for (const std::string line :
       {"e.yaml:4:9: trials: cannot read", "e.yaml:2:11: defaults.repeat: fits no trial: why",
        "--set defaults.repeat=x: trials[0].repeat: cannot read", "... and 3 more", "e.yaml: no"})
    EXPECT_EQ(told(line), line);
  EXPECT_EQ(told("e.yaml:1:1: a: b\ne.yaml:2:11: trials[0].repeat: c\n... and 1 more"),
            "e.yaml:1:1: a: b\ne.yaml:2:11: defaults.repeat (as trials[0].repeat): c\n"
            "... and 1 more");
}

}  // namespace
}  // namespace nf
