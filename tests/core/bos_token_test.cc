#include "core/model/bos_token.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_safetensors.h"

namespace nf {
namespace {

/// A checkpoint whose config.json has `value`, JSON, as its bos_token_id.
struct BosCheckpoint {
  explicit BosCheckpoint(const std::string& config) {
    std::ofstream(dir / "config.json") << config;
    write_safetensors(dir / "model.safetensors", {{"w", Dtype::f32, {1}, {1}}});
  }
  Checkpoint open() const { return Checkpoint::open(dir.path()); }
  /// What is refused, without the folder.
  std::string refusal() const {
    try {
      refuse_bad_bos_token(open(), 5);
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir.path().string().size() + 1);
    }
    return "no error";
  }

  TempDir dir;
};

TEST(BosToken, IsAnIdOfTheVocabulary) {
  const BosCheckpoint good(R"({"bos_token_id": 4})");
  EXPECT_EQ(find_bos_token(good.open(), 5), 4);
  EXPECT_EQ(good.refusal(), "no error");
}

TEST(BosToken, MayBeMissing) {
  for (const char* config : {"{}", R"({"bos_token_id": null})"}) {
    const BosCheckpoint none(config);
    EXPECT_EQ(find_bos_token(none.open(), 5), std::nullopt);
    EXPECT_EQ(none.refusal(), "no error");
  }
}

TEST(BosToken, OneThatIsNoneIsNamedWithItsValue) {
  for (const std::string value : {"[1]", "\"1\"", "-1", "5", "999999", "1.5", "true"}) {
    const BosCheckpoint bad("{\"bos_token_id\": " + value + "}");
    EXPECT_EQ(find_bos_token(bad.open(), 5), std::nullopt) << value;
    EXPECT_EQ(bad.refusal(), "config.json: bos_token_id: " + value +
                                 " is no token id, a whole number from 0 to 4");
  }
}

}  // namespace
}  // namespace nf
