#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/io/read_file.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kOddNames[] = {
    "w4 <b>&\"q\" 'x'",  // markup and quotes
    "w4 😀 {{figure:tails}}", std::string(200, 'n'),
    "שלום عالم",  // from right to left
};

/// A run whose trials have names that a page must not trip over.
class IntegrationReportNumbers : public testing::Test {
 protected:
  IntegrationReportNumbers() {
    std::string trials;
    int bits = 3;
    for (const std::string& name : kOddNames)
      trials +=
          "  - {name: " + Json(name).dump() + ", quantize: [W" + std::to_string(bits++) + "]}\n";
    trials +=
        "  - {name: noise, repeat: 2, sweep: {r: [0.1, 0.3]}, perturb: [{sites: {tensor: weight}, "
        "noise: gaussian, strength: {relative_l2: \"${r}\"}}]}\n";
    files_.write_experiment(trials);
    const ProgramResult run = run_program({"run", "e.yaml", "--out", "r", "--quiet", "--report",
                                           "--set", "data.windows=12", "--set", "detail=entropy"},
                                          files_.dir());
    EXPECT_EQ(run.exit_code, 0) << run.err;
  }

  /// The exit code of the script that makes the page's numbers again out of the records, and what
  /// it says.
  std::pair<int, std::string> recompute() const {
    const std::string command = "cd '" + files_.dir().string() +
                                "' && python3 '" NF_SOURCE_DIR
                                "/tests/eval/report/recompute_report.py' r/report.html r > out.txt "
                                "2>&1";
    const int code = std::system(command.c_str());
    return {code, read_text_file(files_ / "out.txt")};
  }

  std::string page() const { return read_text_file(files_ / "r" / "report.html"); }

  ExperimentFiles files_;
};

bool has_python() { return std::system("python3 -c pass > /dev/null 2>&1") == 0; }

TEST_F(IntegrationReportNumbers, FollowFromTheRecords) {
  if (!has_python()) GTEST_SKIP() << "needs python3";
  const auto [code, text] = recompute();
  EXPECT_EQ(code, 0) << text;
}

/// A page is of all records: without the last one of a trial it is another page, and the old one is
/// wrong.
TEST_F(IntegrationReportNumbers, ChangeWithARecord) {
  if (!has_python()) GTEST_SKIP() << "needs python3";
  const std::string before = page();
  const std::string records = read_text_file(files_ / "r" / "records.jsonl");
  const std::size_t begin = records.rfind('\n', records.rfind("\"name\":\"noise\"")) + 1;
  const std::size_t end = records.find('\n', begin) + 1;
  std::ofstream(files_ / "r" / "records.jsonl") << records.substr(0, begin) + records.substr(end);
  EXPECT_NE(recompute().first, 0);
  ASSERT_EQ(run_program({"report", "r"}, files_.dir()).exit_code, 0);
  EXPECT_NE(page(), before);
  EXPECT_NE(page().find("not come to its end"), std::string::npos);
  const auto [code, text] = recompute();
  EXPECT_EQ(code, 0) << text;
}

TEST_F(IntegrationReportNumbers, StandBesideNamesThatAreEscaped) {
  const std::string text = page();
  EXPECT_EQ(text.find("<b>"), std::string::npos);
  EXPECT_NE(text.find("w4 &lt;b&gt;&amp;&quot;q&quot; &#39;x&#39;"), std::string::npos);
  EXPECT_NE(text.find("w4 😀 &#123;&#123;figure:tails}}"), std::string::npos);
  EXPECT_NE(text.find("שלום عالم"), std::string::npos);
  EXPECT_NE(text.find(std::string(60, 'n')), std::string::npos);
}

/// The page shows the words that are damaged most.
TEST_F(IntegrationReportNumbers, StandBesideTheText) {
  EXPECT_EQ(page().find("The text itself is not shown"), std::string::npos);
  std::ofstream(files_ / "text.txt") << "Another text.";
  ASSERT_EQ(run_program({"report", "r"}, files_.dir()).exit_code, 0);
  EXPECT_NE(page().find("The text itself is not shown"), std::string::npos);
}

TEST_F(IntegrationReportNumbers, AreOfSeveralRunsOnOnePage) {
  std::filesystem::create_directories(files_ / "other");
  std::filesystem::copy(files_ / "r", files_ / "other" / "r",
                        std::filesystem::copy_options::recursive);
  const ProgramResult report = run_program(
      {"report", "r", "other/r", "--out", "two.html", "--title", "<Two>"}, files_.dir());
  ASSERT_EQ(report.exit_code, 0) << report.err;
  const std::string text = read_text_file(files_ / "two.html");
  EXPECT_NE(text.find("<bdi>&lt;Two&gt;</bdi>"), std::string::npos);
  EXPECT_NE(text.find("(r (2))"), std::string::npos) << "the second of one name";
}

TEST_F(IntegrationReportNumbers, AreThereOnceOfARunThatIsGivenTwice) {
  ASSERT_EQ(run_program({"report", "r", "./r", "--out", "one.html"}, files_.dir()).exit_code, 0);
  EXPECT_EQ(read_text_file(files_ / "one.html").find("(r (2))"), std::string::npos);
}

}  // namespace
}  // namespace nf
