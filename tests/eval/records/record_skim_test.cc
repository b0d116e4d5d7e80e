#include "eval/records/record_skim.h"

#include <gtest/gtest.h>

#include "eval/metrics/detail.h"
#include "eval/metrics/kl_tail.h"
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
  const std::optional<Record> skimmed = skim_record(line, RecordParts::figures);
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

/// A record with all that a line can hold.
Record full_example() {
  Record record = example();
  record.convention = "window/1";
  KlTail tail;
  for (Index token = 0; token < 511; ++token) tail.add(1e-4 * static_cast<double>(token * token));
  record.windows[0].sums.tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail));
  record.windows[1].sums.residual_error = 2.5;
  record.windows[0].sums.lacks_residual_error = true;
  for (WindowSums& window : record.windows) {
    window.sums.flips_lost = 3;
    window.sums.tokens = 511;
  }
  auto tokens = std::make_shared<Detail>(), entropy = std::make_shared<Detail>();
  for (Index token = 0; token < 511; ++token) {
    const ScoredToken scored{.nll = 0.1 * static_cast<double>(token % 7),
                             .baseline_nll = 0.3,
                             .kl = 0.01,
                             .confidence = static_cast<double>(token) / 511.0,
                             .top1 = token % 3 == 0,
                             .entropy = 0.01 * static_cast<double>(token)};
    tokens->add(scored, DetailMode::tokens);
    entropy->add(scored, DetailMode::entropy);
  }
  record.windows[0].sums.detail = tokens;
  record.windows[1].sums.detail = entropy;
  record.questions = {
      {.task = "t",
       .question = 4,
       .parts = {PartSums{.tokens = 3, .nll = 2.5, .kl = 0.25, .greedy = 1}, PartSums{.tokens = 2}},
       .correct = true},
      {.task = "t", .question = 5, .parts = {}, .correct_norm = false}};
  SiteStats& weight = record.sites[0];
  weight.stats.central_d4 = 1e-20;
  weight.stats.sign_flips = 5;
  weight.predictor.emplace();
  weight.predictor->row_mean_energy = 0.125;
  weight.predictor->outputs = OutputSums{.tokens = 64, .windows = 2, .error = 0.5, .output = 3.5};
  weight.predictor->outputs->expected_snr = 17.0;
  record.sites[1].predictor.emplace();
  record.sites[1].predictor->on_calibration.emplace().count = 12;
  return record;
}

TEST(RecordSkim, ReadsAllThatTheParserReads) {
  for (const Record& record : {example(), full_example()}) {
    const std::string line = record_to_line(record, builtin_metrics());
    const std::optional<Record> skimmed = skim_record(line, RecordParts::all);
    ASSERT_TRUE(skimmed) << line;
    EXPECT_EQ(record_to_line(*skimmed, builtin_metrics()), line);
    EXPECT_EQ(record_to_line(record_from_line(line, "f:1"), builtin_metrics()), line);
  }
}

TEST(RecordSkim, LeavesOutTokensAlone) {
  const std::string line = record_to_line(full_example(), builtin_metrics());
  Record whole = record_from_line(line, "f:1");
  auto detail = std::make_shared<Detail>(*whole.windows[0].sums.detail);
  EXPECT_EQ(detail->tokens.size(), 511u);
  detail->tokens.clear();
  whole.windows[0].sums.detail = detail;
  EXPECT_EQ(record_to_line(skim_record(line, RecordParts::tables).value(), builtin_metrics()),
            record_to_line(whole, builtin_metrics()));
}

TEST(RecordSkim, LeavesTheRestToTheParser) {
  Record failed = example();
  failed.status = Status::failed;
  failed.error = "not finite";
  Record named = example();
  named.name = "a \"name\"";
  Record spelt = example();
  spelt.model = "modèle";
  for (const Record& record : {failed, named, spelt})
    for (const RecordParts parts : {RecordParts::all, RecordParts::figures})
      EXPECT_FALSE(skim_record(record_to_line(record, builtin_metrics()), parts));
}

/// Whatever is cut off or missing is not taken for a record.
TEST(RecordSkim, RefusesDamage) {
  const std::string line = record_to_line(full_example(), builtin_metrics());
  for (std::size_t size = 0; size < line.size(); size += 7)
    for (const RecordParts parts : {RecordParts::all, RecordParts::figures})
      EXPECT_FALSE(skim_record(std::string_view(line).substr(0, size), parts)) << size;
  for (const char* key : {"\"window\":", "\"kl\":", "\"top1\":", "\"sum_x2\":", "\"complete\":"}) {
    std::string other = line;
    const std::size_t begin = other.find("\"windows\":[");
    other.replace(other.find(key, begin), 3, "\"zz");
    EXPECT_FALSE(skim_record(other, RecordParts::figures)) << key;
    EXPECT_FALSE(skim_record(other, RecordParts::all)) << key;
  }
  for (const char* key : {"\"sum_d2\":", "\"env\":", "\"vars\":", "\"kl_max\":",
                          "\"baseline_nll\":", "\"confidence\":[", "\"choices\":", "\"bias\":"}) {
    std::string other = line;
    other.replace(other.rfind(key), 3, "\"zz");  // metrics come first, and follow from the sums
    EXPECT_FALSE(skim_record(other, RecordParts::all)) << key;
  }
}

/// The same key twice is no record for the parser either.
TEST(RecordSkim, RefusesAKeyThatComesTwice) {
  const std::string line = record_to_line(full_example(), builtin_metrics());
  for (const char* key : {"\"id\":", "\"nll\":", "\"tokens\":", "\"sum_x2\":", "\"count\":"}) {
    const std::size_t at = line.find(key, line.find("\"windows\":["));
    const std::size_t from = at == std::string::npos ? line.find(key) : at;
    const std::size_t end = line.find(',', from);
    const std::string twice =
        line.substr(0, end + 1) + line.substr(from, end + 1 - from) + line.substr(end + 1);
    EXPECT_FALSE(skim_record(twice, RecordParts::all)) << key;
  }
}

}  // namespace
}  // namespace nf
