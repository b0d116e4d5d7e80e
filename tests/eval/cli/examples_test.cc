#include "eval/cli/examples.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

class ExamplesTest : public testing::Test {
 protected:
  ExamplesTest() {
    fs::create_directories(files_ / "configs/folder.yaml");
    for (const char* folder : {"configs/adadim", "configs/templates"})
      fs::create_directories(files_ / folder);
    for (const char* name : {"quickstart.yaml", "sensitivity.yaml", "notes.txt", "adadim/rtn.yaml",
                             "templates/w4.yaml"})
      files_.write("configs/" + std::string(name), "");
  }

  std::string error_of(const std::string& word) const {
    try {
      return "no error: " + examples_.file(word).string();
    } catch (const ConfigError& error) {
      return error.what();
    }
  }

  ExperimentFiles files_;
  Examples examples_{files_ / "configs"};
};

TEST_F(ExamplesTest, AMereNameIsAnExamples) {
  EXPECT_EQ(examples_.names(),
            (std::vector<std::string>{"adadim/rtn", "folder", "quickstart", "sensitivity"}));
  EXPECT_EQ(examples_.file("quickstart"), files_ / "configs/quickstart.yaml");
  EXPECT_EQ(examples_.file("adadim/rtn"), files_ / "configs/adadim/rtn.yaml");
  EXPECT_FALSE(examples_.find("folder"));
  EXPECT_FALSE(examples_.find("adadim"));
  EXPECT_FALSE(examples_.find("templates/w4"));
  EXPECT_FALSE(examples_.find("../configs/quickstart"));
}

TEST_F(ExamplesTest, AFileOfOnesOwnComesFirst) {
  const fs::path own = files_.write("own", "");
  for (const std::string& word : {own.string(), std::string("nowhere/e.yaml"),
                                  std::string("e.yaml"), std::string("/nowhere/quickstart")})
    EXPECT_EQ(examples_.file(word), word);
  const fs::path before = fs::current_path();
  fs::current_path(files_.dir());
  files_.write("quickstart", "");
  EXPECT_EQ(examples_.file("quickstart"), "quickstart");
  fs::current_path(before);
}

TEST_F(ExamplesTest, MistakesAreTold) {
  EXPECT_EQ(error_of("quickstrat"),
            "quickstrat: no such file, and no example; did you mean 'quickstart'?");
  EXPECT_EQ(
      error_of("xyzzy"),
      "xyzzy: no such file, and no example; known: adadim/rtn, folder, quickstart, sensitivity");
  EXPECT_EQ(error_of("quickstart.yaml"),
            "quickstart.yaml: no such file; 'quickstart' is the example of that name");
  EXPECT_EQ(error_of("adadim/everything"),
            "adadim/everything: no such file, and no example; known: adadim/rtn");
  EXPECT_EQ(error_of("adadim/rnt"),
            "adadim/rnt: no such file, and no example; did you mean 'adadim/rtn'?");
  EXPECT_EQ(error_of("other/place"),
            "other/place: no such file, and no example; known: adadim/rtn, folder, quickstart, "
            "sensitivity");
  EXPECT_EQ(error_of("adadim/rtn.yaml"),
            "adadim/rtn.yaml: no such file; 'adadim/rtn' is the example of that name");
  const Examples none(files_ / "nowhere");
  try {
    none.file("xyzzy");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "xyzzy: no such file, and no example of that name");
  }
}

TEST(IntegrationExamples, TheBuiltProgramHasThem) {
  const TempDir dir;
  const ProgramResult listed = run_program({"list", "examples"}, dir.path());
  for (const char* name : {"quickstart ", "calibration/gptq-w4a16 "})
    EXPECT_NE(("\n" + listed.out).find("\n" + std::string(name)), std::string::npos) << listed.out;
  const ProgramResult checked = run_program({"check", "quickstart"}, dir.path());
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_TRUE(checked.err.starts_with("example: /")) << checked.err;
  EXPECT_NE(checked.err.find("/share/noisefloor/configs/quickstart.yaml\n"), std::string::npos);
}

}  // namespace
}  // namespace nf
