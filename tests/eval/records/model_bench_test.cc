#include "eval/records/model_bench.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

Json bench_of(const std::string& hash, Index context) {
  return {{"model_hash", hash},
          {"cpu", "a CPU"},
          {"gemm", "oneDNN"},
          {"isa", "avx2"},
          {"threads", 2},
          {"context", context},
          {"sizes", {{"linears", 1}, {"values", 64.0}, {"rows", 8.0}, {"head_values", 10.0}}},
          {"forms", Json::array({{{"name", "f32"},
                                  {"prompt_tokens_per_second", 3.0},
                                  {"single_tokens_per_second", 2.0},
                                  {"prompt_speedup", 1.0}}})}};
}

TEST(ModelBench, KeepsOneForEachModel) {
  const TempDir dir;
  EXPECT_TRUE(read_benches(dir.path()).empty());
  keep_bench(dir.path(), bench_of("a", 16));
  keep_bench(dir.path(), bench_of("b", 16));
  keep_bench(dir.path(), bench_of("a", 32));
  const std::vector<ModelBench> benches = read_benches(dir.path());
  ASSERT_EQ(benches.size(), 2u);
  EXPECT_EQ(benches[0].model_hash, "b");
  EXPECT_EQ(benches[1].context, 32);
  ASSERT_NE(benches[1].find("f32"), nullptr);
  EXPECT_EQ(benches[1].find("f32")->prompt, 3.0);
  EXPECT_EQ(benches[1].find("w8a8"), nullptr);
}

TEST(ModelBench, JoinsThoseOfFolders) {
  const TempDir a, b, none;
  EXPECT_TRUE(join_benches({a.path(), none.path()}).empty());
  keep_bench(a.path(), bench_of("a", 16));
  keep_bench(b.path(), bench_of("a", 16));
  keep_bench(b.path(), bench_of("b", 16));
  write_benches(none.path(), join_benches({a.path(), b.path()}));
  EXPECT_EQ(read_benches(none.path()).size(), 2u);
  keep_bench(b.path(), bench_of("a", 32));
  try {
    join_benches({a.path(), b.path()});
    FAIL() << "of different times one was taken";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(), (b / kBench).string() + ": has other times of a model than " +
                                (a / kBench).string() + "; remove the one that is not to be kept");
  }
}

TEST(ModelBench, RefusesADamagedFile) {
  const TempDir dir;
  for (const char* text : {"{", "{\"format\": 1}", "{\"format\": 2, \"benches\": []}",
                           "{\"format\": 1, \"benches\": [{\"model_hash\": 3}]}",
                           "{\"format\": 1, \"benches\": [3]}"}) {
    write_file_atomically(dir / kBench, text);
    EXPECT_THROW(read_benches(dir.path()), DataError) << text;
    EXPECT_THROW(keep_bench(dir.path(), bench_of("a", 16)), DataError) << text;
  }
}

TEST(ModelBench, ReadsSizesWithoutInputs) {
  Json bench = bench_of("a", 16);
  EXPECT_EQ(read_bench(bench).sizes.inputs, 0);
  bench["sizes"]["inputs"] = 4;
  EXPECT_EQ(read_bench(bench).sizes.inputs, 4);
}

TEST(ModelBench, CountsScalesAndZeroPoints) {
  EXPECT_EQ(stored_bits(4.0, 32.0, false), 4.5);
  EXPECT_EQ(stored_bits(4.0, 32.0, true), 4.625);
  // 64 values of 4.5 bits, and 10 of two bytes.
  EXPECT_EQ(
      bytes_per_token({.linears = 1, .values = 64.0, .rows = 8.0, .head_values = 10.0}, 4.5, 2.0),
      56.0);
}

}  // namespace
}  // namespace nf
