#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "eval/records/model_bench.h"
#include "tests/support/report_runs.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

constexpr Index kLinears = 2;

/// Two linears of 64 x 128 and a head of 1000 values.
Json bench_json() {
  const auto form = [](const char* name, double prompt) {
    return Json({{"name", name},
                 {"prompt_tokens_per_second", prompt},
                 {"single_tokens_per_second", 10.0},
                 {"prompt_speedup", prompt / 1000.0}});
  };
  return {{"model_hash", "abc"},
          {"cpu", "a CPU"},
          {"gemm", "oneDNN"},
          {"isa", "avx2"},
          {"threads", 2},
          {"context", 512},
          {"sizes",
           {{"linears", kLinears},
            {"inputs", kLinears},
            {"values", 16384.0},
            {"rows", 128.0},
            {"head_values", 1000.0}}},
          {"forms", {form("f32", 1000.0), form("w8a8", 1750.0)}}};
}

Json weight_entry(int bits, Json granularity, bool symmetric = true) {
  return {{"grid", "uniform"},      {"bits", bits},    {"granularity", std::move(granularity)},
          {"symmetric", symmetric}, {"method", "rtn"}, {"tensor", "weight"}};
}

class SpeedSection : public testing::Test {
 protected:
  SpeedSection() {
    run_.contents().dir = dir_.path();
    run_.contents().manifest.models.front().model_hash = "abc";
  }

  /// A quantizer of the first `linears` linears.
  void add(const std::string& name, double kl, Json entries, Index linears = kLinears) {
    Record& record = run_.add(name, kl);
    for (const Json& entry : entries)
      for (Index i = 0; i < linears; ++i)
        record.sites.push_back({.site = "layers." + std::to_string(i) + ".q_proj." +
                                        entry.at("tensor").get<std::string>()});
    run_.key().entries = std::move(entries);
  }

  TempDir dir_;
  ReportRunMaker run_;
};

TEST_F(SpeedSection, HoldsDamageAgainstBytesAndIntegerSpeed) {
  keep_bench(dir_.path(), bench_json());
  add("four", 0.2, {weight_entry(4, {{"group", 64}})});
  add("four-asym", 0.1, {weight_entry(4, {{"group", 64}}, false)});
  Json input = weight_entry(8, "token");
  input["tensor"] = "input";
  add("eight", 0.01, {weight_entry(8, "channel"), input});
  const auto section = section_of("speed", run_.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  // 16384 values of 4 + 16/64 bits, and the head in 2 bytes; asymmetric 4 + 20/64.
  EXPECT_TRUE(has(section->figures[0].csv, ",4.25,10704,,,\n"));
  EXPECT_TRUE(has(section->figures[0].csv, ",4.3125,10832,,,\n"));
  // 8 + 16/128 bits.
  EXPECT_TRUE(has(section->figures[0].csv, ",8.125,18640,w8a8,1750,10\n"));
  EXPECT_TRUE(has(section->html,
                  "eight, multiplied in integers: 1.75 times f32 in a prompt of "
                  "512 (1750 tokens/s), for KL 0.01"));
}

TEST_F(SpeedSection, NamesNoTrialThanWhichASmallerOneDoesLess) {
  keep_bench(dir_.path(), bench_json());
  add("four", 0.1, {weight_entry(4, "channel")});
  add("six", 0.2, {weight_entry(6, "channel")});
  const auto section = section_of("speed", run_.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "<li>four (W4A16 channel): "));
  EXPECT_FALSE(has(section->html, "<li>six (W6A16 channel): "));
}

TEST_F(SpeedSection, PricesOnlyWhatTheBenchKnows) {
  keep_bench(dir_.path(), bench_json());
  add("half", 0.1, {weight_entry(4, "channel")}, 1);  // the other linear is as it was
  Json codebook = weight_entry(4, "channel");
  codebook["grid"] = "kmeans";
  add("codebook", 0.1, {codebook});
  add("mixed", 0.1, {weight_entry(4, "channel"), weight_entry(8, "channel")});
  EXPECT_FALSE(section_of("speed", run_.input()));
}

TEST_F(SpeedSection, PricesNoPartOfAQuantizer) {
  keep_bench(dir_.path(), bench_json());
  add("whole", 0.1, {weight_entry(4, "channel")});
  for (const auto& [key, value] :
       {std::pair("dose", Json(0.5)), std::pair("keep", Json("clipping")),
        std::pair("strength", Json({{"relative_l2", 0.1}})),
        std::pair("reshape", Json({{"flatten", true}}))}) {
    Json entry = weight_entry(4, "channel");
    entry[key] = value;
    add(key, 0.1, {entry});
  }
  const auto section = section_of("speed", run_.input());
  ASSERT_TRUE(section);
  const std::string& csv = section->figures[0].csv;
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2) << csv;  // the heading and "whole"
}

TEST_F(SpeedSection, IsLeftOutWithoutABenchOfTheModel) {
  add("four", 0.1, {weight_entry(4, "channel")});
  EXPECT_FALSE(section_of("speed", run_.input()));
  Json other = bench_json();
  other["model_hash"] = "def";
  keep_bench(dir_.path(), other);
  EXPECT_FALSE(section_of("speed", run_.input()));
}

}  // namespace
}  // namespace nf
