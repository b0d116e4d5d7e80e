#include "core/checkpoint/weight_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <string>

#include "core/base/check.h"
#include "core/checkpoint/safetensors.h"
#include "core/checkpoint/torch_bin.h"
#include "core/tensor/matrix.h"
#include "tests/support/model_errors.h"
#include "tests/support/resident_file_bytes.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

constexpr Index kMiB = Index{1} << 20;
/// A matrix of 32 MiB; no row ends where a page does.
constexpr Index kCols = 2049;
constexpr Index kRows = 32 * kMiB / (4 * kCols);
/// Other bytes that may be resident: the rest of the 2 MiB blocks at both ends (recent kernels map
/// whole large folios), and pages of this program, which are file pages as well.
constexpr Index kSlack = 6 * kMiB;

/// A .bin file with the matrix "w" of 32 MiB of zeros, its transposed view "t", and "b" behind it.
void write_large(const std::filesystem::path& path) {
  TorchFile file = torch_file({{"w", Dtype::f32, {1}, {1}}, {"b", Dtype::f32, {2}, {3, 4}}});
  file.storages[0].assign(static_cast<std::size_t>(kRows * kCols * 4), '\0');
  file.views[0].shape = {kRows, kCols};
  file.views[0].strides = {kCols, 1};
  file.views.push_back({"t", Dtype::f32, {kCols, kRows}, {1, kCols}, 0, 0});
  write_torch_zip(path, {{"a/data.pkl", torch_pickle(file)},
                         {"a/data/0", "", kRows * kCols * 4},
                         {"a/data/1", file.storages[1]}});
}

class WeightFileMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (resident_file_bytes() == 0) GTEST_SKIP() << "/proc/self/status has no RssFile here";
    write_large(dir_ / "f.bin");
  }
  /// Reads rows of "w" and drops the numbers.
  static void read(const WeightFile& file, Index begin, Index count) {
    Matrix out(count, kCols);
    file.read_f32(*file.find("w"), begin, out);
  }

  TempDir dir_;
};

TEST_F(WeightFileMemory, OpeningAndPrefetchingMakeNothingResident) {
  const Index before = resident_file_bytes();
  const WeightFile file = open_torch_bin(dir_ / "f.bin");
  file.advise(*file.find("w"), MappedFile::Advice::will_need);
  EXPECT_LT(resident_file_bytes() - before, kSlack);
}

TEST_F(WeightFileMemory, ReleasingDropsWhatWasRead) {
  const WeightFile file = open_torch_bin(dir_ / "f.bin");
  const Index before = resident_file_bytes();
  read(file, 0, kRows);
  EXPECT_GT(resident_file_bytes() - before, 32 * kMiB - kSlack) << "it was resident";
  file.advise(*file.find("w"), 0, kRows / 2, MappedFile::Advice::dont_need);
  EXPECT_LT(resident_file_bytes() - before, 16 * kMiB + kSlack);
  EXPECT_GT(resident_file_bytes() - before, 16 * kMiB - kSlack) << "and the rest still is";
  file.advise(*file.find("w"), MappedFile::Advice::dont_need);
  EXPECT_LT(resident_file_bytes() - before, kSlack);
  Matrix b(1, 2);
  file.read_f32(*file.find("b"), 0, b);  // its page was partly "w"'s
  EXPECT_EQ(b(0, 1), 4.0f);
}

TEST_F(WeightFileMemory, StreamingRowsStaysSmall) {
  const WeightFile file = open_torch_bin(dir_ / "f.bin");
  constexpr Index kStep = 64;
  const Index before = resident_file_bytes();
  Index most = 0;
  for (Index begin = 0; begin < kRows; begin += kStep) {
    const Index count = std::min(kStep, kRows - begin);
    file.advise(*file.find("w"), begin, count, MappedFile::Advice::will_need);
    read(file, begin, count);
    most = std::max(most, resident_file_bytes() - before);
    file.advise(*file.find("w"), begin, count, MappedFile::Advice::dont_need);
  }
  EXPECT_LT(most, kStep * kCols * 4 + kSlack);
}

TEST_F(WeightFileMemory, ReleasingATransposeDropsWhatItTouched) {
  const WeightFile file = open_torch_bin(dir_ / "f.bin");
  const TensorInfo& t = *file.find("t");
  const Index before = resident_file_bytes();
  Matrix out(1, kRows);
  file.read_f32(t, 7, out);
  EXPECT_GT(resident_file_bytes() - before, 16 * kMiB) << "a row of it is a column of the file";
  file.advise(t, 7, 1, MappedFile::Advice::dont_need);
  EXPECT_LT(resident_file_bytes() - before, kSlack);
}

TEST(WeightFile, AdviceTakesAnyRows) {
  const TempDir dir;
  TorchFile torch = torch_file({{"w", Dtype::f32, {3, 2}, {1, 2, 3, 4, 5, 6}},
                                {"e", Dtype::f32, {0, 2}, {}},
                                {"n", Dtype::f32, {2, 0}, {}},
                                {"s", Dtype::f32, {}, {7}},
                                {"c", Dtype::f32, {1, 1, 1}, {8}}});
  write_torch_bin(dir / "f.bin", torch);
  const WeightFile file = open_torch_bin(dir / "f.bin");
  for (const auto advice : {MappedFile::Advice::will_need, MappedFile::Advice::dont_need}) {
    for (const TensorInfo& tensor : file.tensors()) file.advise(tensor, advice);
    file.advise(*file.find("w"), 1, 2, advice);
    file.advise(*file.find("w"), 3, 0, advice);
    file.advise(*file.find("e"), 0, 0, advice);
    file.advise(*file.find("n"), 0, 2, advice);
    file.advise(*file.find("s"), 0, 1, advice);
    EXPECT_THROW(file.advise(*file.find("w"), 2, 2, advice), InternalError);
    EXPECT_THROW(file.advise(*file.find("w"), -1, 1, advice), InternalError);
    EXPECT_THROW(file.advise(*file.find("w"), 0, -1, advice), InternalError);
    EXPECT_THROW(file.advise(*file.find("c"), 0, 1, advice), InternalError);
  }
  Matrix out(3, 2);
  file.read_f32(*file.find("w"), 0, out);
  EXPECT_EQ(out(2, 1), 6.0f);
}

TEST(WeightFile, NarrowsDoublesAndNamesThoseThatDoNotFit) {
  const TempDir dir;
  // 0.1f is another double than 0.1; the largest float is followed by what has no nearest one.
  const auto open = [&](double value) {
    TorchFile torch = torch_file({{"w", Dtype::f64, {2, 2}, {1, 2, 3, 4}}});
    std::memcpy(torch.storages[0].data() + 3 * sizeof value, &value, sizeof value);
    write_torch_bin(dir / "f.bin", torch);
    return open_torch_bin(dir / "f.bin");
  };
  Matrix out(2, 2);
  const WeightFile file = open(0.1);
  file.read_f32(*file.find("w"), 0, out);
  EXPECT_EQ(out(0, 1), 2.0f);
  EXPECT_EQ(out(1, 1), 0.1f);
  const auto message = [&](double value) {
    const WeightFile other = open(value);
    return data_error_of([&] { other.read_f32(*other.find("w"), 0, out); })
        .substr(dir.path().string().size());
  };
  EXPECT_EQ(message(-1e300), "/f.bin: tensor 'w': -1e+300 is beyond float32, at [1, 1]");
  EXPECT_EQ(message(INFINITY), "/f.bin: tensor 'w': infinity at [1, 1]");
  EXPECT_EQ(message(NAN), "/f.bin: tensor 'w': NaN at [1, 1]");
}

TEST(WeightFile, GitsPlaceholdersAreRecognised) {
  const TempDir dir;
  std::ofstream(dir / "f.safetensors")
      << "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
  try {
    open_safetensors(dir / "f.safetensors");
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_EQ(error.what(), (dir / "f.safetensors").string() +
                                ": a Git LFS pointer, not the file itself; fetch it with 'git lfs "
                                "pull'");
  }
}

}  // namespace
}  // namespace nf
