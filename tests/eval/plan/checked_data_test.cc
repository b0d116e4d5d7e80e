#include "eval/plan/checked_data.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"

namespace nf {
namespace {

/// An experiment of one model over the file, by the key that names it.
Experiment load(const ExperimentFiles& files, const std::string& data) {
  files.write("e.yaml", "experiment: e\nmodel: opt\ndata: {" + data + "}\ntrials: []\n");
  return Experiment::load((files / "e.yaml").string(), {}, Kinds::builtin());
}

TEST(CheckedData, WarnsAsARunDoes) {
  const ExperimentFiles files;
  const std::vector<std::string> warnings =
      check_data(load(files, "text: text.txt, context: 32, windows: 1000"));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings.front().find(" windows, 1000 were asked for"), std::string::npos)
      << warnings.front();
  EXPECT_TRUE(check_data(load(files, "text: text.txt, context: 32, windows: 4")).empty());
}

TEST(CheckedData, OfALongTextTheBeginningIsCutIntoWindows) {
  const ExperimentFiles files;
  const auto told = [&](const std::string& data) {
    const std::vector<std::string> warnings = check_data(load(files, data), 1000);
    return warnings.size() == 1 ? warnings.front() : "";
  };
  EXPECT_NE(told("text: text.txt, context: 32").find("MB of text, of which the first "),
            std::string::npos);
  files.write("two.jsonl", "{\"text\": \"" + std::string(2000, 'a') + "\"}\n{\"text\": \"b\"}\n");
  EXPECT_NE(told("jsonl: two.jsonl, context: 32").find("MB of text"), std::string::npos);
}

TEST(CheckedData, EveryFileIsReadToItsEnd) {
  const ExperimentFiles files;
  files.write("bad.jsonl", "{\"text\": \"" + std::string(2000, 'a') + "\"}\n{\"text\": \n");
  for (const Index most : {Index{1000}, kCheckedBytes})
    EXPECT_THROW(check_data(load(files, "jsonl: bad.jsonl, context: 32"), most), DataError) << most;
}

}  // namespace
}  // namespace nf
