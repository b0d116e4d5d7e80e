#include "eval/records/record_skim.h"

#include <gtest/gtest.h>

#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

Record example() {
  Record record{.id = "0123", .name = "w4", .model = "opt", .seed = 3, .vars = {{"bits", 4}}};
  for (Index window = 0; window < 2; ++window)
    record.windows.push_back({.window = window,
                              .sums = {.tokens = 511,
                                       .nll = 1914.5420216749303,
                                       .kl = 0.1 + 0.2,
                                       .kl_reverse = 1e-300,
                                       .top1 = 500},
                              .bytes = 1843});
  record.windows[1].document = 7;
  SiteStats weight{.site = "layers.0.q_proj.weight"};
  weight.stats.count = 64;
  weight.stats.sum_x2 = 2.5;
  weight.stats.sum_d2 = 0.025;
  SiteStats input{
      .site = "layers.0.q_proj.input", .complete = false, .first_window = 2, .windows = 2};
  input.stats.count = 8;
  input.stats.sum_x2 = 4.0;
  weight.notes = {{"axis", "in"}, {"group", 64}, {"damping", 0.01}};
  record.sites = {weight, input};
  record.stop =
      StopState{.reached = true, .blocks = 16, .tokens = 1022, .kl = 0.1, .kl_halfwidth = 0.01};
  record.env = {{"isa", "avx2"}};
  record.run = {{"note", "a \"quoted\" }] \\"}};
  return record;
}

TEST(RecordSkim, HasTheSameFiguresBitForBit) {
  const std::string line = record_to_line(example(), builtin_metrics());
  const Record whole = record_from_line(line, "f:1");
  const std::optional<Record> skimmed = skim_record(line);
  ASSERT_TRUE(skimmed);
  EXPECT_EQ(skimmed->id, whole.id);
  EXPECT_EQ(skimmed->name, whole.name);
  EXPECT_EQ(skimmed->model, whole.model);
  EXPECT_EQ(skimmed->seed, whole.seed);
  ASSERT_EQ(skimmed->windows.size(), whole.windows.size());
  for (std::size_t i = 0; i < whole.windows.size(); ++i) {
    EXPECT_EQ(skimmed->windows[i].window, whole.windows[i].window);
    EXPECT_EQ(skimmed->windows[i].sums, whole.windows[i].sums);
    EXPECT_EQ(skimmed->windows[i].bytes, whole.windows[i].bytes);
    EXPECT_EQ(skimmed->windows[i].document, whole.windows[i].document);
  }
  ASSERT_EQ(skimmed->sites.size(), whole.sites.size());
  for (std::size_t i = 0; i < whole.sites.size(); ++i) {
    EXPECT_EQ(skimmed->sites[i].site, whole.sites[i].site);
    EXPECT_EQ(skimmed->sites[i].stats.count, whole.sites[i].stats.count);
    EXPECT_EQ(skimmed->sites[i].stats.relative_l2(), whole.sites[i].stats.relative_l2());
    EXPECT_EQ(skimmed->sites[i].first_window, whole.sites[i].first_window);
    EXPECT_EQ(skimmed->sites[i].windows, whole.sites[i].windows);
  }
  EXPECT_EQ(skimmed->sites[0].notes, Json({{"axis", "in"}, {"group", 64}}));
  EXPECT_TRUE(skimmed->sites[1].notes.is_null());
  ASSERT_TRUE(skimmed->stop);
  EXPECT_EQ(skimmed->stop->tokens, whole.stop->tokens);
  EXPECT_EQ(skimmed->stop->kl_halfwidth, whole.stop->kl_halfwidth);
}

TEST(RecordSkim, LeavesTheRestToTheParser) {
  Record failed = example();
  failed.status = Status::failed;
  failed.error = "not finite";
  EXPECT_FALSE(skim_record(record_to_line(failed, builtin_metrics())));
  Record asked = example();
  asked.questions.push_back({.task = "t", .question = 0, .parts = {PartSums{}}});
  EXPECT_FALSE(skim_record(record_to_line(asked, builtin_metrics())));
  Record named = example();
  named.name = "a \"name\"";
  EXPECT_FALSE(skim_record(record_to_line(named, builtin_metrics())));
}

/// Whatever is cut off or missing is not taken for a record.
TEST(RecordSkim, RefusesDamage) {
  const std::string line = record_to_line(example(), builtin_metrics());
  for (std::size_t size = 0; size < line.size(); ++size)
    EXPECT_FALSE(skim_record(std::string_view(line).substr(0, size))) << size;
  for (const char* key : {"\"window\":", "\"kl\":", "\"top1\":", "\"sum_x2\":"}) {
    std::string other = line;
    const std::size_t begin = other.find("\"windows\":[");
    other.replace(other.find(key, begin), 3, "\"zz");
    EXPECT_FALSE(skim_record(other)) << key;
  }
}

}  // namespace
}  // namespace nf
