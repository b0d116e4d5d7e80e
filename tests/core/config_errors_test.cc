#include "core/config/config_errors.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

TEST(ConfigErrors, SaysNothingWhenThereIsNothing) {
  const ConfigErrors errors;
  EXPECT_TRUE(errors.empty());
  EXPECT_NO_THROW(errors.throw_if_any());
}

TEST(ConfigErrors, SortsByPlaceWhateverTheOrderOfFinding) {
  const ConfigNode root = parse_good("a: 1\nb: 2\nc: {d: 3, e: 4}\n");
  ConfigErrors errors;
  errors.add(*root.find("c")->find("e"), "fourth");
  errors.add(*root.find("c")->find("d"), "third");
  errors.add(root, "first");
  errors.add(*root.find("b"), "second");
  EXPECT_EQ(errors.message(),
            "f.yaml:1:1: first\n"
            "f.yaml:2:4: b: second\n"
            "f.yaml:3:8: c.d: third\n"
            "f.yaml:3:14: c.e: fourth");
}

TEST(ConfigErrors, KeepsTheSameLineOnce) {
  const ConfigNode root = parse_good("a: 1\n");
  ConfigErrors errors;
  for (int i = 0; i < 5; ++i) errors.add(*root.find("a"), "wrong");
  EXPECT_EQ(errors.message().find('\n'), std::string::npos);
  EXPECT_EQ(errors.count(), 5);
}

TEST(ConfigErrors, TellOnceWhatAnAliasBringsToSeveralPaths) {
  const ConfigNode root = parse_good("a: &x {b: 1, c: 1}\nd: *x\n");
  ConfigErrors errors;
  for (const char* key : {"a", "d"}) {
    errors.add(*root.find(key)->find("b"), "wrong");
    errors.add(*root.find(key)->find("c"), "wrong");
    errors.add(*root.find(key)->find("c"), "also: wrong");
  }
  EXPECT_EQ(errors.message(),
            "f.yaml:1:11: a.b: wrong\n"
            "f.yaml:1:17: a.c: wrong\n"
            "f.yaml:1:17: a.c: also: wrong");
  EXPECT_EQ(errors.count(), 6);
}

TEST(ConfigErrors, TellOnceOfAKeyThatIsMisspelt) {
  const ConfigNode root = parse_good("a: {nam: 1}\nb: {kind: 1}\n");
  ConfigErrors errors;
  for (const char* key : {"a", "b"}) errors.add(*root.find(key), "required key 'name' is missing");
  errors.add(root.find("a")->entries().front().key_place, "a",
             "unknown key 'nam'; did you mean 'name'?");
  errors.add(root.find("b")->entries().front().key_place, "b",
             "unknown key 'kind'; did you mean 'king' or 'name'?");
  EXPECT_EQ(errors.message(),
            "f.yaml:1:5: a: unknown key 'nam'; did you mean 'name'?\n"
            "f.yaml:2:4: b: required key 'name' is missing\n"
            "f.yaml:2:5: b: unknown key 'kind'; did you mean 'king' or 'name'?");
}

TEST(ConfigErrors, KeepPlacesOfAnOptionApart) {
  ConfigErrors errors;
  errors.add({.source = "--set trials"}, "trials[0].name", "wrong");
  errors.add({.source = "--set trials"}, "trials[1].name", "wrong");
  EXPECT_EQ(errors.message(),
            "--set trials: trials[0].name: wrong\n--set trials: trials[1].name: wrong");
}

TEST(ConfigErrors, ShowsTenAndCountsTheRest) {
  std::string text;
  for (int line = 1; line <= 12; ++line) text += "k" + std::to_string(line) + ": x\n";
  std::string expected;
  for (int line = 1; line <= 10; ++line) {
    const std::string n = std::to_string(line);
    const std::string column = std::to_string(n.size() + 4);
    expected += "f.yaml:" + n + ":" + column + ": k" + n + ": wrong\n";
  }
  expected += "... and 2 more";
  EXPECT_EQ(config_message(text,
                           [](const ConfigNode& root, ConfigErrors& errors) {
                             for (const ConfigEntry& entry : root.entries()) {
                               errors.add(entry.value, "wrong");
                             }
                           }),
            expected);
}

TEST(ConfigErrors, ThrowsAConfigError) {
  ConfigErrors errors;
  errors.add({.source = "--set a"}, "a", "wrong");
  try {
    errors.throw_if_any();
    FAIL() << "nothing was thrown";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "--set a: a: wrong");
    EXPECT_EQ(error.exit_code(), ExitCode::config);
  }
}

}  // namespace
}  // namespace nf
