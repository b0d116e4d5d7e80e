#include "eval/experiment/trial_count.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

std::string count_of(const std::string& trial) { return count_trials(parse_good(trial)).str(); }

/// A list of so many values.
std::string values(int count) {
  std::string list = "[0";
  for (int i = 1; i < count; ++i) list += ", " + std::to_string(i);
  return list + "]";
}

TEST(TrialCount, IsTheProductOfSweepZipAndRepeat) {
  EXPECT_EQ(count_of("{name: a}"), "1");
  EXPECT_EQ(count_of("{sweep: {a: [1, 2, 3], b: [1, 2]}, zip: {c: [1, 2], d: [3, 4]}, repeat: 5}"),
            "60");
  EXPECT_EQ(count_of("{sweep: {a: " + values(1000) + "}, repeat: 10000000}"), "10000000000");
}

TEST(TrialCount, IsExactUpToTenToTheEighteen) {
  const std::string thousand = values(1000);
  std::string sweep = "{sweep: {a: " + thousand;
  for (const char* name : {"b", "c", "d", "e", "f"})
    sweep += std::string(", ") + name + ": " + thousand;
  EXPECT_EQ(count_of(sweep + "}}"), "1000000000000000000");
  EXPECT_EQ(count_of(sweep + "}, repeat: 2}"), "more than 10^18");
  for (const char* name : {"g", "h", "i", "j"}) sweep += std::string(", ") + name + ": " + thousand;
  EXPECT_EQ(count_of(sweep + "}}"), "more than 10^18");
}

TEST(TrialCount, OverflowsNowhere) {
  TrialCount count(1);
  for (int i = 0; i < 40; ++i) count.multiply(std::int64_t{1} << 62);
  TrialCount sum;
  for (int i = 0; i < 1000; ++i) sum.add(count);
  EXPECT_EQ(sum.str(), "more than 10^18");
  count.multiply(0);
  EXPECT_EQ(count.str(), "0");
}

std::string message_of(const std::string& trials, std::int64_t models) {
  return config_message(trials, [models](const ConfigNode& node, ConfigErrors& errors) {
    check_trial_count(node, models, errors);
  });
}

TEST(TrialCount, IsRefusedBeyondAMillion) {
  const std::string half = "- {name: a, repeat: 500000}\n";
  EXPECT_EQ(message_of(half + half, 1), "no error");
  EXPECT_EQ(message_of(half, 2), "no error");
  EXPECT_EQ(message_of("- {name: a, repeat: 1000001}\n", 1),
            "f.yaml:1:3: [0]: stands for 1000001 trials; an experiment has at most 1000000, on all "
            "models together");
  EXPECT_EQ(message_of(half + "- {name: b}\n" + half, 1),
            "f.yaml:1:1: stands for 1000001 trials; an experiment has at most 1000000, on all "
            "models together");
  EXPECT_NE(message_of(half + "- {name: b}\n", 2).find("1000002 trials"), std::string::npos);
}

}  // namespace
}  // namespace nf
