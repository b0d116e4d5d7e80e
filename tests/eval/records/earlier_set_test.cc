#include "eval/records/earlier_set.h"

#include <gtest/gtest.h>

#include <fstream>

#include "eval/records/file_names.h"
#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

using Set = std::vector<std::string>;

class EarlierSet : public testing::Test {
 protected:
  void begin(const Set& set, const std::string& resolved) const {
    const Json manifest = {
        {"numerics", 1}, {"env", Json::object()}, {"models", Json::array()}, {"set", set}};
    std::ofstream(dir_.path() / kManifest) << manifest.dump();
    std::ofstream(dir_.path() / kResolved) << resolved;
  }
  /// The refusal behind the folder's name; empty: none.
  std::string refusal(const Set& set, const std::string& resolved) const {
    const std::string whole = config_error_of([&] {
      check_earlier_set(dir_.path(), set, resolved);
      throw ConfigError(dir_.path().string());
    });
    const std::string text = whole.substr(dir_.path().string().size());
    return text.substr(0, text.find(": say the same"));
  }

  TempDir dir_;
};

TEST_F(EarlierSet, NamesWhatIsMissingAndWhatIsNew) {
  begin({"data.windows=4", "seed=1"}, "a: 1\n");
  EXPECT_EQ(refusal({"data.windows=4", "seed=1"}, "a: 2\n"), "");
  EXPECT_EQ(refusal({"seed=1"}, "a: 2\n"),
            ": was begun with --set data.windows=4, which this command has not");
  EXPECT_EQ(refusal({}, "a: 2\n"),
            ": was begun with --set data.windows=4 --set seed=1, which this command has not");
  EXPECT_EQ(refusal({"data.windows=4", "seed=2"}, "a: 2\n"),
            ": was begun with --set seed=1, this command has --set seed=2");
  EXPECT_EQ(refusal({"seed=1", "data.windows=4"}, "a: 2\n"),
            ": was begun with its --set in another order");
  begin({}, "a: 1\n");
  EXPECT_EQ(refusal({"x=1"}, "a: 2\n"), ": was begun without --set x=1, which this command has");
}

TEST_F(EarlierSet, SaysTheWaysOut) {
  begin({}, "a: 1\n");
  EXPECT_TRUE(config_error_of([&] { check_earlier_set(dir_.path(), {"x=1"}, "a: 2\n"); })
                  .ends_with(": say the same, choose another --out folder, or, where models and "
                             "data stay the same, say --any-set to go on"));
}

TEST_F(EarlierSet, LetsPassWhatComesToTheSame) {
  begin({"data.windows=4", "memory=1GiB"}, "data:\n  windows: 4\nstats: none\n");
  EXPECT_EQ(refusal({}, "data:\n  windows: 4\nstats: all\ndetail: tokens\n"), "");
  EXPECT_NE(refusal({}, "data:\n  windows: 5\n"), "");
}

TEST_F(EarlierSet, SaysNothingOfAFolderThatIsNoneYet) {
  EXPECT_EQ(refusal({"seed=1"}, "a: 1\n"), "");
}

}  // namespace
}  // namespace nf
