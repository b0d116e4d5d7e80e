#include "eval/report/without_paths.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(WithoutPaths, LeavesTheLastPart) {
  EXPECT_EQ(without_paths("model: /home/me/opt"), "model: …/opt");
  EXPECT_EQ(without_paths("models: [~/a, '/b c/d e']"), "models: […/a, '…/d e']");
  EXPECT_EQ(without_paths("- /home/John Doe/opt  # mine"), "- …/opt  # mine");
  EXPECT_EQ(without_paths("a\n/home/me/x.txt"), "a\n…/x.txt");
  EXPECT_EQ(without_paths("/home/me/m.safetensors: not finite"), "…/m.safetensors: not finite");
  EXPECT_EQ(without_paths("url: file:///home/me/x"), "url: file:…/x");
}

TEST(WithoutPaths, LeavesWhatIsNoFolderOfADisk) {
  for (const char* text : {"see https://arxiv.org/abs/2403.06408", "models/opt: ../opt", "r: ~",
                           "1/2 and a / b", "size: 0.5"})
    EXPECT_EQ(without_paths(text), text);
}

}  // namespace
}  // namespace nf
