#include "eval/records/plan_file.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

Json call(const char* command) { return {{"command", command}, {"models", Json::array()}}; }

TEST(PlanFile, KeepsTheCallsBefore) {
  const TempDir dir;
  const auto file = dir / "plan.json";
  append_to_plan_file(file, call("first"));
  append_to_plan_file(file, call("second"));
  EXPECT_EQ(Json::parse(read_text_file(file)), Json::array({call("first"), call("second")}));
}

TEST(PlanFile, IsNotDamagedWhereItIsWholeOrMissing) {
  const TempDir dir;
  const auto file = dir / "plan.json";
  EXPECT_EQ(plan_file_damage(file), std::nullopt);
  append_to_plan_file(file, call("first"));
  EXPECT_EQ(plan_file_damage(file), std::nullopt);
}

TEST(PlanFile, StartsAnewWhereSomethingElseStands) {
  const TempDir dir;
  const auto file = dir / "plan.json";
  for (const char* text :
       {"", "[{\"models\": [", "{\"models\": []}", "[1]", "[{\"planned\": 1}]"}) {
    write_file_atomically(file, text);
    const std::optional<std::string> damage = plan_file_damage(file);
    ASSERT_TRUE(damage) << text;
    EXPECT_TRUE(damage->starts_with(file.string() + ": ")) << *damage;
    append_to_plan_file(file, call("now"));
    EXPECT_EQ(Json::parse(read_text_file(file)), Json::array({call("now")})) << text;
  }
}

TEST(PlanFile, IsMendedWhereItIsDamagedAndCanBe) {
  const TempDir dir;
  const auto file = dir / "plan.json";
  mend_plan_file(file);
  EXPECT_FALSE(std::filesystem::exists(file));
  write_file_atomically(file, "[{");
  mend_plan_file(file);
  EXPECT_EQ(plan_file_damage(file), std::nullopt);
  append_to_plan_file(file, call("first"));
  mend_plan_file(file);
  EXPECT_EQ(Json::parse(read_text_file(file)), Json::array({call("first")}));
  std::filesystem::remove(file);
  std::filesystem::create_directories(file / "other");
  EXPECT_THROW(mend_plan_file(file), DataError);
}

}  // namespace
}  // namespace nf
