#include "eval/run/calibration_results.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/io/read_file.h"
#include "core/tensor/matrix.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

ChainKey key_of(int number) { return {{static_cast<std::byte>(number)}}; }
constexpr Site kSite{2, Role::o_proj, SiteTensor::weight};

class CalibrationResultsTest : public testing::Test {
 protected:
  CalibrationResults results(const std::string& identity = "model") {
    return {dir_ / "calibration", identity,
            [this](const std::string& warning) { warnings_.push_back(warning); }};
  }
  fs::path only_file() const { return fs::directory_iterator(dir_ / "calibration")->path(); }

  TempDir dir_;
  std::vector<std::string> warnings_;
  Matrix weight_ = random_matrix(6, 10, 1);
};

TEST_F(CalibrationResultsTest, KeepWeightsFromRunToRun) {
  {
    CalibrationResults first = results();
    EXPECT_FALSE(first.has(kSite, key_of(1)));
    EXPECT_FALSE(fs::exists(dir_ / "calibration"));  // nothing was kept yet
    first.keep_weight(kSite, key_of(1), weight_, {.clipped = 4, .notes = {{"axis", "in"}}});
    EXPECT_TRUE(first.has(kSite, key_of(1)));
  }
  CalibrationResults second = results();
  EXPECT_TRUE(second.has(kSite, key_of(1)));
  EXPECT_FALSE(second.has(kSite, key_of(2)));
  Matrix back(6, 10);
  const DistortionReport report = second.read_weight(kSite, key_of(1), back);
  EXPECT_EQ(report.clipped, 4);
  EXPECT_EQ(report.notes, Json({{"axis", "in"}}));
  EXPECT_TRUE(std::equal(back.data(), back.data() + back.size(), weight_.data()));
  Matrix other(10, 6);
  EXPECT_THROW(second.read_weight(kSite, key_of(1), other), DataError);
  EXPECT_TRUE(warnings_.empty());
  EXPECT_TRUE(only_file().filename().string().starts_with("layers.2.o_proj.weight-"));
}

TEST_F(CalibrationResultsTest, DoNotTakeWhatIsOfAnotherModel) {
  results("one").keep_weight(kSite, key_of(1), weight_, {});
  CalibrationResults other = results("other");
  EXPECT_FALSE(other.has(kSite, key_of(1)));
  // Not even under its name.
  const fs::path own = only_file();
  other.keep_weight(kSite, key_of(1), weight_, {});
  for (const auto& file : fs::directory_iterator(dir_ / "calibration"))
    if (file.path() != own) fs::copy_file(own, file.path(), fs::copy_options::overwrite_existing);
  CalibrationResults again = results("other");
  EXPECT_FALSE(again.has(kSite, key_of(1)));
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_.front().find("it is made again"), std::string::npos) << warnings_.front();
}

TEST_F(CalibrationResultsTest, KnowADamagedFile) {
  results().keep_weight(kSite, key_of(1), weight_, {});
  const fs::path file = only_file();
  const std::string whole = read_text_file(file);
  for (const std::size_t at : {std::size_t{3}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    std::ofstream(file, std::ios::binary) << damaged;
    CalibrationResults again = results();
    EXPECT_FALSE(again.has(kSite, key_of(1))) << at;
    again.keep_weight(kSite, key_of(1), weight_, {});
    EXPECT_TRUE(again.has(kSite, key_of(1)));
  }
  EXPECT_EQ(warnings_.size(), 3u);
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, whole.size() - 1}) {
    fs::resize_file(file, size);
    EXPECT_FALSE(results().has(kSite, key_of(1))) << size;
    results().keep_weight(kSite, key_of(1), weight_, {});
  }
}

TEST_F(CalibrationResultsTest, KnowFailuresAsLongAsTheyLive) {
  CalibrationResults first = results();
  first.keep_failure(key_of(1), "singular");
  first.keep_failure(key_of(1), "later");
  EXPECT_TRUE(first.has(kSite, key_of(1)));
  EXPECT_EQ(first.failure(key_of(1)), "singular");
  EXPECT_EQ(first.failure(key_of(2)), std::nullopt);
  EXPECT_FALSE(results().has(kSite, key_of(1)));
}

TEST_F(CalibrationResultsTest, CanBeUsedByManyThreads) {
  CalibrationResults results = this->results();
  parallel_for(16, [&](Index i) {
    const ChainKey key = key_of(static_cast<int>(i));
    results.keep_weight(kSite, key, weight_, {.clipped = i});
    Matrix back(6, 10);
    EXPECT_EQ(results.read_weight(kSite, key, back).clipped, i);
    EXPECT_TRUE(results.has(kSite, key));
  });
}

}  // namespace
}  // namespace nf
