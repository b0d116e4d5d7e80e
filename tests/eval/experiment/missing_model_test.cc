#include "eval/experiment/missing_model.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace nf {
namespace {

TEST(MissingModel, ANameOfTheHubIsNotDownloaded) {
  EXPECT_EQ(why_no_model("meta-llama/Llama-3.2-1B", "models/meta-llama/Llama-3.2-1B"),
            "no such directory: models/meta-llama/Llama-3.2-1B; nothing is downloaded: get it with "
            "`hf download meta-llama/Llama-3.2-1B --local-dir models/meta-llama/Llama-3.2-1B` or "
            "`git lfs clone https://huggingface.co/meta-llama/Llama-3.2-1B "
            "models/meta-llama/Llama-3.2-1B`");
}

TEST(MissingModel, APathThatIsNoNameOfTheHubIsJustMissing) {
  for (const char* path :
       {"./opt", "./models/opt", "../models/opt", "/models/opt", "a/b/c", "a/", ""})
    EXPECT_EQ(why_no_model(path, "nowhere"), "no such directory: nowhere") << path;
}

TEST(MissingModel, AnAddressIsNotDownloaded) {
  const std::string get =
      "nothing is downloaded: get it with `hf download facebook/opt-125m --local-dir opt-125m` or "
      "`git lfs clone https://huggingface.co/facebook/opt-125m opt-125m`, and write model: "
      "opt-125m";
  for (const char* url :
       {"https://huggingface.co/facebook/opt-125m", "https://huggingface.co/facebook/opt-125m/",
        "huggingface.co/facebook/opt-125m", "https://hf.co/facebook/opt-125m?x=1",
        "https://huggingface.co/facebook/opt-125m/tree/main"})
    EXPECT_EQ(why_no_model(url, "nowhere"), get) << url;
  EXPECT_EQ(why_no_model("https://example.org/opt", "nowhere"),
            "nothing is downloaded; name the directory of the checkpoint, with its config.json");
}

TEST(MissingModel, ABareNameMayBeOneOfTheHub) {
  EXPECT_EQ(
      why_no_model("opt-125m", "models/opt-125m"),
      "no such directory: models/opt-125m; nothing is downloaded: get one of the Hub with `hf "
      "download ORGANIZATION/opt-125m --local-dir models/opt-125m`");
}

TEST(MissingModel, KnowsFilesAndHomes) {
  const TempDir dir;
  EXPECT_EQ(why_no_model("./x", dir.path() / "none"),
            "no such directory: " + (dir.path() / "none").string());
  EXPECT_EQ(why_no_model("/dev/null", "/dev/null"),
            "/dev/null is a file; name the directory of the checkpoint, with its config.json");
  EXPECT_EQ(why_no_model("~/opt", "~/opt"),
            "no such directory: ~/opt; '~' is not replaced here, write the whole path");
}

}  // namespace
}  // namespace nf
