#include "eval/records/record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "core/base/error.h"
#include "eval/metrics/kl_tail.h"
#include "eval/metrics/summed_figures.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

/// Sums whose last bits a careless decimal form would lose.
DistortionStats awkward_stats(double scale) {
  DistortionStats stats;
  stats.count = 49152;
  stats.sum_x2 = scale * 123.456 / 7.0;
  stats.sum_y2 = scale * 124.0 / 3.0;
  stats.sum_xy = scale * 1e-300 / 3.0;
  stats.mean_d = -scale * 1e-7 / 3.0;
  stats.sum_d2 = scale * 1.1;
  stats.central_d2 = scale * 1.1 / 3.0;
  stats.central_d3 = -scale * 0.0017 / 11.0;
  stats.central_d4 = scale * 5e-5 / 13.0;
  stats.mean_abs_x = scale * 4321.0 / 9.0;
  stats.mean_abs_d = scale * 33.3;
  stats.central_abs_x2 = scale * 0.7 / 3.0;
  stats.central_abs_d2 = scale * 0.11 / 7.0;
  stats.central_abs_xd = scale * 2.0 / 3.0;
  stats.sum_d2_small = scale * 0.3;
  stats.max_abs_d = scale * 0.1;
  stats.sign_flips = 12;
  stats.to_zero = 345;
  stats.clipped = 6;
  return stats;
}

Record example() {
  Record record;
  record.id = "0123abcd";
  record.name = "noise, \"sweep\" Δ";
  record.model = "opt-nano";
  record.seed = std::numeric_limits<std::uint64_t>::max();
  record.vars = {{"r", 0.05}, {"dist", "gaussian"}};
  record.windows = {
      {.window = 0,
       .sums =
           {.tokens = 511, .nll = 2000.1, .kl = 1.0 / 3.0, .kl_reverse = 3.0 / 7.0, .top1 = 400}},
      {.window = 1, .sums = {.tokens = 511, .nll = 1990.7, .kl = 2e-9, .top1 = 511}}};
  record.sites.push_back({.site = "layers.0.q_proj.weight", .stats = awkward_stats(1.0)});
  DistortionStats energies;
  energies.count = 1000;
  energies.sum_x2 = 4.0;
  energies.sum_d2 = 0.04;
  energies.clipped = 7;
  record.sites.push_back({.site = "layers.0.q_proj.input",
                          .stats = energies,
                          .complete = false,
                          .first_window = 0,
                          .windows = 2});
  record.env = {{"isa", "avx2"}};
  record.run = {{"seconds", 1.5}};
  return record;
}

TEST(Record, WritesItsKeysInOrder) {
  Record record = example();
  record.windows = {
      {.window = 0, .sums = {.tokens = 5, .nll = 4.0, .kl = 0.25, .kl_reverse = 0.5, .top1 = 1}},
      {.window = 1,
       .sums = {.tokens = 3, .nll = -4.0, .kl = 0.75, .kl_reverse = 1.5, .top1 = 3},
       .document = 2}};
  record.windows[0].sums.flips_lost = 2;
  record.windows[0].sums.residual_error = 0.125;
  record.windows[0].sums.tail = std::make_shared<PackedKlTail>(PackedKlTail{"A", 0.5});
  record.windows[1].sums.lacks_residual = true;
  record.sites.erase(record.sites.begin());
  EXPECT_EQ(record_to_line(record, builtin_metrics()),
            R"({"id":"0123abcd","name":"noise, \"sweep\" Δ","model":"opt-nano",)"
            R"("seed":18446744073709551615,"vars":{"r":0.05,"dist":"gaussian"},"status":"ok",)"
            R"("metrics":{"nll":0.0,"ppl":1.0,"kl":0.125,"kl_reverse":0.25,"top1_agreement":0.5,)"
            R"("bits_per_byte":null,"kl_p50":null,"kl_p99":null,"kl_p999":null,"kl_max":null,)"
            R"("flips_lost":0.25,"flips_gained":0.0,"tokens":8},)"
            R"("windows":[{"window":0,"tokens":5,"nll":4.0,"kl":0.25,"kl_reverse":0.5,"top1":1,)"
            R"("flips_lost":2,"flips_gained":0,"residual":0.0,"residual_error":0.125,)"
            R"("kl_bins":"A","kl_max":0.5},)"
            R"({"window":1,"tokens":3,"nll":-4.0,"kl":0.75,"kl_reverse":1.5,"top1":3,)"
            R"("flips_lost":0,"flips_gained":0,"residual_error":0.0,"document":2}],)"
            R"("sites":[{"site":"layers.0.q_proj.input","first_window":0,"windows":2,)"
            R"("complete":false,"count":1000,"clipped":7,"sum_x2":4.0,"sum_d2":0.04,)"
            R"("relative_l2":0.1}],"env":{"isa":"avx2"},"run":{"seconds":1.5}})");
}

TEST(Record, OfAnEarlierVersionIsReadWithoutWhatItLacks) {
  Json json = Json::parse(record_to_line(example(), builtin_metrics()));
  for (Json& window : json["windows"])
    for (const char* key : {"flips_lost", "flips_gained", "residual", "residual_error"})
      window.erase(key);
  const Record old = record_from_line(json.dump(), "f:1");
  EXPECT_EQ(old.windows[0].sums.nll, 2000.1);
  EXPECT_TRUE(old.windows[0].sums.lacks_flips && old.windows[0].sums.lacks_residual &&
              old.windows[0].sums.lacks_residual_error);
  EXPECT_EQ(old.windows[0].sums.tail, nullptr);
  const Json again = Json::parse(record_to_line(old, builtin_metrics()));
  EXPECT_EQ(again["windows"], json["windows"]);
  EXPECT_TRUE(again["metrics"]["flips_lost"].is_null());
  EXPECT_TRUE(again["metrics"]["kl_p99"].is_null());
}

/// A window whose KLs are those.
WindowSums tailed_window(const std::vector<double>& kl) {
  KlTail tail;
  for (const double value : kl) tail.add(value);
  WindowSums window{.window = 0, .sums = {.tokens = std::ssize(kl)}};
  window.sums.tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail));
  return window;
}

TEST(Record, KeepsTheTailOfAWindow) {
  Record record = example();
  record.windows = {tailed_window({1.0 / 3.0, 0.0, 1e-3})};
  const std::string line = record_to_line(record, builtin_metrics());
  const Record back = record_from_line(line, "f:1");
  EXPECT_EQ(back.windows[0].sums, record.windows[0].sums);
  EXPECT_EQ(record_to_line(back, builtin_metrics()), line);
  EXPECT_EQ(Json::parse(line)["metrics"]["kl_max"], 1.0 / 3.0);
  for (const Json& bins : {Json("A"), Json("AB*"), Json(3)}) {
    Json wrong = Json::parse(line);
    wrong["windows"][0]["kl_bins"] = bins;
    EXPECT_THROW(record_from_line(wrong.dump(), "f:1"), DataError) << bins;
  }
}

/// With every key that a record may have.
Record with_questions() {
  Record record = example();
  record.convention = "strided/1";
  record.windows[0].bytes = 2044;
  record.windows[1].document = 0;
  record.questions.push_back(
      {.task = "piqa",
       .question = 3,
       .parts = {{.tokens = 4,
                  .nll = 12.1,
                  .kl = 1.0 / 7.0,
                  .kl_reverse = 2.0 / 7.0,
                  .top1 = 3,
                  .greedy = 1},
                 {.tokens = 2, .nll = 9e-9, .kl = 0.0, .top1 = 2, .greedy = 2}},
       .correct = true,
       .correct_norm = false});
  record.questions.push_back(
      {.task = "lambada", .question = 0, .parts = {{.tokens = 1, .nll = 0.5}}, .correct = false});
  return record;
}

TEST(Record, WritesConventionBytesAndQuestionsWhereThereAreAny) {
  Record record = with_questions();
  record.questions[0].parts[0].kl = 0.25;
  record.questions[0].parts[0].kl_reverse = 0.75;
  const Json json = Json::parse(record_to_line(record, builtin_metrics()));
  EXPECT_EQ(json["convention"], "strided/1");
  EXPECT_EQ(json["windows"][0]["bytes"], 2044);
  EXPECT_FALSE(json["windows"][1].contains("bytes"));
  EXPECT_FALSE(json["windows"][0].contains("document"));
  EXPECT_EQ(json["windows"][1]["document"], 0);
  EXPECT_EQ(json["questions"].dump(),
            R"([{"task":"piqa","question":3,"correct":true,"correct_norm":false,"choices":[)"
            R"({"loglikelihood":-12.1,"tokens":4,"greedy":1,"kl":0.25,"kl_reverse":0.75,)"
            R"("top1":3},)"
            R"({"loglikelihood":-9e-09,"tokens":2,"greedy":2,"kl":0.0,"kl_reverse":0.0,)"
            R"("top1":2}]},)"
            R"({"task":"lambada","question":0,"correct":false,"choices":[)"
            R"({"loglikelihood":-0.5,"tokens":1,"greedy":0,"kl":0.0,"kl_reverse":0.0,)"
            R"("top1":0}]}])");
}

TEST(Record, ReadsQuestionsBackToTheLastBit) {
  const Record record = with_questions();
  const Record back = record_from_line(record_to_line(record, builtin_metrics()), "f:1");
  EXPECT_EQ(record_to_line(back, builtin_metrics()), record_to_line(record, builtin_metrics()));
  EXPECT_EQ(back.convention, "strided/1");
  EXPECT_EQ(back.windows[0].bytes, 2044);
  EXPECT_EQ(back.windows[1].bytes, -1);
  EXPECT_EQ(back.windows[0].document, -1);
  EXPECT_EQ(back.windows[1].document, 0);
  ASSERT_EQ(back.questions.size(), 2u);
  EXPECT_EQ(back.questions[0].task, "piqa");
  EXPECT_EQ(back.questions[0].question, 3);
  ASSERT_EQ(back.questions[0].parts.size(), 2u);
  EXPECT_EQ(back.questions[0].parts[0].nll, 12.1);
  EXPECT_EQ(back.questions[0].parts[0].kl, 1.0 / 7.0);
  EXPECT_EQ(back.questions[0].parts[0].kl_reverse, 2.0 / 7.0);
  EXPECT_EQ(back.questions[0].parts[0].tokens, 4);
  EXPECT_EQ(back.questions[0].parts[0].top1, 3);
  EXPECT_EQ(back.questions[0].parts[0].greedy, 1);
  EXPECT_TRUE(back.questions[0].correct);
  EXPECT_EQ(back.questions[0].correct_norm, std::optional(false));
  EXPECT_FALSE(back.questions[1].correct);
  EXPECT_EQ(back.questions[1].correct_norm, std::nullopt);
}

TEST(Record, MayHaveQuestionsAlone) {
  Record record = with_questions();
  record.windows.clear();
  record.convention.clear();
  const Json json = Json::parse(record_to_line(record, builtin_metrics()));
  EXPECT_FALSE(json.contains("convention"));
  EXPECT_EQ(json["windows"], Json::array());
  EXPECT_EQ(json["metrics"]["nll"], nullptr);
  EXPECT_EQ(json["metrics"]["tokens"], 0);
  EXPECT_EQ(record_from_line(json.dump(), "f:1").questions.size(), 2u);
}

TEST(Record, HoldsEveryMetricOfTheRegistry) {
  MetricRegistry metrics = builtin_metrics();
  metrics.add({.name = "windows",
               .unit = "",
               .summary = "",
               .position = 2,
               .value = [](const TextSums& text) { return static_cast<double>(text.windows); }});
  const Json json = Json::parse(record_to_line(example(), metrics));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json["metrics"].items()) keys.push_back(key);
  EXPECT_EQ(keys,
            (std::vector<std::string>{"nll", "ppl", "windows", "kl", "kl_reverse", "top1_agreement",
                                      "bits_per_byte", "kl_p50", "kl_p99", "kl_p999", "kl_max",
                                      "flips_lost", "flips_gained", "tokens"}));
  EXPECT_EQ(json["metrics"]["windows"], 2.0);
}

TEST(Record, ReadsBackToTheLastBit) {
  const Record record = example();
  const std::string line = record_to_line(record, builtin_metrics());
  const Record back = record_from_line(line, "f:1");
  // The line holds every field, and doubles round-trip: equal lines are equal records.
  EXPECT_EQ(record_to_line(back, builtin_metrics()), line);
  EXPECT_EQ(back.seed, record.seed);
  EXPECT_EQ(back.vars, record.vars);
  EXPECT_EQ(back.windows[0].sums.kl, record.windows[0].sums.kl);
  EXPECT_EQ(back.windows[0].sums.kl_reverse, record.windows[0].sums.kl_reverse);
  ASSERT_EQ(back.sites.size(), 2u);
  EXPECT_EQ(back.sites[0].stats, record.sites[0].stats);
  EXPECT_FALSE(back.sites[1].complete);
  EXPECT_EQ(back.sites[1].windows, 2);
}

/// Sums of raw powers, as of numerics 3: δ = {1, -1, 1, -5} on x = {1, 2, 3, 4}.
TEST(Record, ReadsTheMomentsOfEarlierVersions) {
  Json json = Json::parse(record_to_line(example(), builtin_metrics()));
  Json& site = json["sites"][0];
  for (const char* key : {"mean_d", "central_d2", "central_d3", "central_d4", "mean_abs_x",
                          "mean_abs_d", "central_abs_x2", "central_abs_d2", "central_abs_xd"})
    site.erase(key);
  site.update({{"count", 4}, {"sum_x2", 30.0}, {"sum_d2", 28.0}});
  site.update({{"sum_d", -4.0}, {"sum_d3", -124.0}, {"sum_d4", 628.0}});
  site.update({{"sum_abs_x", 10.0}, {"sum_abs_d", 8.0}, {"sum_abs_xd", 26.0}});
  const DistortionStats stats = record_from_line(json.dump(), "f:1").sites[0].stats;
  EXPECT_DOUBLE_EQ(stats.mean_error(), -1.0);
  EXPECT_DOUBLE_EQ(stats.kurtosis(), 2.0);
  EXPECT_DOUBLE_EQ(stats.central_d3, -48.0);  // of {2, 0, 2, -4} about the mean
  EXPECT_DOUBLE_EQ(stats.size_correlation(), 6.0 / std::sqrt(5.0 * 12.0));
}

TEST(Record, ReadsBackEverySum) {
  Record record = with_questions();
  PartSums &window = record.windows[1].sums, &choice = record.questions[0].parts[1];
  double value = 0.0;
  for (const SummedFigure& figure : summed_figures()) {
    if (figure.of_choices) figure.set(value += 1.0, choice);
    if (figure.of_windows) figure.set(value += 1.0, window);
  }
  const Record back = record_from_line(record_to_line(record, builtin_metrics()), "f:1");
  EXPECT_EQ(back.windows[1].sums, window);
  EXPECT_EQ(back.questions[0].parts, record.questions[0].parts);
}

TEST(Record, OfABaselineHasNoSeed) {
  Record record = example();
  record.seed.reset();
  const std::string line = record_to_line(record, builtin_metrics());
  EXPECT_NE(line.find(R"("seed":null)"), std::string::npos);
  EXPECT_EQ(record_from_line(line, "f:1").seed, std::nullopt);
}

TEST(Record, OfAFailureKeepsTheReasonAlone) {
  Record record = with_questions();
  record.status = Status::failed;
  record.error = "layer 2: not finite";
  record.sites[0].stats.sum_d2 = std::numeric_limits<double>::quiet_NaN();
  const Record back = record_from_line(record_to_line(record, builtin_metrics()), "f:1");
  EXPECT_EQ(back.status, Status::failed);
  EXPECT_EQ(back.error, "layer 2: not finite");
  EXPECT_TRUE(back.windows.empty());
  EXPECT_TRUE(back.questions.empty());
  EXPECT_TRUE(back.sites.empty());
}

TEST(Record, HoldsNoNumberThatIsNotFinite) {
  Record record = example();
  record.windows[0].sums.nll = std::numeric_limits<double>::infinity();
  EXPECT_THROW(record_to_line(record, builtin_metrics()), InternalError);
  record = example();
  record.sites[0].stats.central_d4 = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(record_to_line(record, builtin_metrics()), InternalError);
  record = example();
  record.windows[0].sums.kl_reverse = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(record_to_line(record, builtin_metrics()), InternalError);
  record = with_questions();
  record.questions[1].parts[0].nll = std::numeric_limits<double>::infinity();
  EXPECT_THROW(record_to_line(record, builtin_metrics()), InternalError);
}

TEST(Record, WritesFiguresWithoutAValueAsNull) {
  Record record = example();
  record.windows = {{.window = 0, .sums = {.tokens = 1, .nll = 1e4, .kl = 0.0, .top1 = 1}}};
  record.sites[0].stats = DistortionStats();
  const std::string line = record_to_line(record, builtin_metrics());
  EXPECT_NE(line.find(R"("ppl":null)"), std::string::npos);
  EXPECT_NE(line.find(R"("relative_l2":null)"), std::string::npos);
}

TEST(Record, RefusesAnInputWithoutABlockOfWindows) {
  Record record = example();
  record.sites[1].windows = 0;
  EXPECT_THROW(record_to_line(record, builtin_metrics()), InternalError);
  record.sites[1].first_window = 1;
  record.sites[1].windows = 2;
  EXPECT_THROW(record_to_line(record, builtin_metrics()), InternalError);
}

TEST(Record, IgnoresKeysOfNewerPrograms) {
  Json json = Json::parse(record_to_line(example(), builtin_metrics()));
  json["later"] = {1, 2};
  json["windows"][0]["later"] = true;
  EXPECT_EQ(record_to_line(record_from_line(json.dump(), "f:1"), builtin_metrics()),
            record_to_line(example(), builtin_metrics()));
}

std::string message_for(const std::function<void(Json&)>& change) {
  Json json = Json::parse(record_to_line(with_questions(), builtin_metrics()));
  change(json);
  try {
    record_from_line(json.dump(), "runs/a/records.jsonl:3");
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Record, NamesWhatIsWrong) {
  const std::string place = "runs/a/records.jsonl:3: ";
  EXPECT_EQ(message_for([](Json& json) { json.erase("id"); }),
            place + "id: required key is missing");
  EXPECT_EQ(message_for([](Json& json) { json["model"] = 7; }), place + "model: expected a string");
  EXPECT_EQ(message_for([](Json& json) { json["seed"] = -1; }),
            place + "seed: expected a whole number from 0 on, or null");
  EXPECT_EQ(message_for([](Json& json) { json["status"] = "faild"; }),
            place + "status: unknown status 'faild'; did you mean 'failed'?");
  EXPECT_EQ(message_for([](Json& json) { json["vars"] = 1; }), place + "vars: expected an object");
  EXPECT_EQ(message_for([](Json& json) { json["windows"] = "none"; }),
            place + "windows: expected a list");
  EXPECT_EQ(message_for([](Json& json) { json["windows"][1] = 3; }),
            place + "windows[1]: expected an object");
  EXPECT_EQ(message_for([](Json& json) { json["windows"][1]["nll"] = nullptr; }),
            place + "windows[1]: nll: expected a number");
  EXPECT_EQ(message_for([](Json& json) { json["windows"][1].erase("kl_reverse"); }),
            place + "windows[1]: kl_reverse: required key is missing");
  EXPECT_EQ(message_for([](Json& json) { json["windows"][1]["document"] = "a"; }),
            place + "windows[1]: document: expected a whole number from 0 to 2^48");
  EXPECT_EQ(message_for([](Json& json) { json["windows"][0]["tokens"] = 1.5; }),
            place + "windows[0]: tokens: expected a whole number from 0 to 2^48");
  EXPECT_EQ(message_for([](Json& json) { json["sites"][0].erase("central_d4"); }),
            place + "sites[0]: central_d4: required key is missing");
  EXPECT_EQ(message_for([](Json& json) { json["sites"][1]["windows"] = 3; }),
            place + "sites[1]: windows: 3 windows from 0 are no block of 2^k windows");
  EXPECT_EQ(message_for([](Json& json) { json["sites"][1].erase("windows"); }),
            place +
                "sites[1]: windows: required key is missing: 'layers.0.q_proj.input' is no "
                "weight");
  EXPECT_EQ(message_for([](Json& json) { json["convention"] = 1; }),
            place + "convention: expected a string");
  EXPECT_EQ(message_for([](Json& json) { json["windows"][0]["bytes"] = -1; }),
            place + "windows[0]: bytes: expected a whole number from 0 to 2^48");
  EXPECT_EQ(message_for([](Json& json) { json["questions"][1].erase("correct"); }),
            place + "questions[1]: correct: required key is missing");
  EXPECT_EQ(message_for([](Json& json) { json["questions"][0]["correct_norm"] = 1; }),
            place + "questions[0]: correct_norm: expected true or false");
  EXPECT_EQ(message_for([](Json& json) { json["questions"][0]["choices"][1].erase("tokens"); }),
            place + "questions[0]: choices[1]: tokens: required key is missing");
  EXPECT_EQ(message_for([](Json& json) { json = Json::array(); }), place + "expected an object");
}

TEST(Record, HoldsStatesLikeInputs) {
  Record record = example();
  record.sites.back().site = "layers.0.k_cache";
  const std::string line = record_to_line(record, builtin_metrics());
  EXPECT_EQ(record_to_line(record_from_line(line, "f"), builtin_metrics()), line);
  record.sites.back().windows = 3;
  EXPECT_THROW(record_to_line(record, builtin_metrics()), InternalError);
}

TEST(Record, NamesThePlaceOfBrokenJson) {
  try {
    record_from_line("{\"id\": ", "f.jsonl:9");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, 19), "f.jsonl:9: byte 7: ");
  }
}

SiteStats window_stats(Index window) {
  SiteStats part{.site = "layers.1.o_proj.input",
                 .stats = awkward_stats(1.0 / static_cast<double>(3 + window))};
  part.first_window = window;
  part.windows = 1;
  return part;
}

TEST(AddSite, JoinsNeighboursToBlocksOfPowersOfTwo) {
  std::vector<SiteStats> sites;
  for (Index window = 0; window < 7; ++window) {
    add_site(window_stats(window), sites);
    if (window == 0) add_site({.site = "layers.1.q_proj.weight"}, sites);
  }
  ASSERT_EQ(sites.size(), 4u);
  EXPECT_EQ(sites[0].windows, 4);
  EXPECT_EQ(sites[1].site, "layers.1.q_proj.weight");  // sites keep their order
  EXPECT_EQ(sites[2].first_window, 4);
  EXPECT_EQ(sites[2].windows, 2);
  EXPECT_EQ(sites[3].first_window, 6);
  EXPECT_EQ(sites[3].windows, 1);
  EXPECT_EQ(sites[0].stats.count, 4 * 49152);
}

TEST(AddSite, SumsATreeAndNotAChain) {
  std::vector<SiteStats> sites;
  for (Index window = 0; window < 4; ++window) add_site(window_stats(window), sites);
  DistortionStats left = window_stats(0).stats;
  DistortionStats right = window_stats(2).stats;
  left.merge(window_stats(1).stats);
  right.merge(window_stats(3).stats);
  left.merge(right);
  ASSERT_EQ(sites.size(), 1u);
  EXPECT_EQ(sites[0].stats.sum_d2, left.sum_d2);
  EXPECT_EQ(sites[0].stats.central_d4, left.central_d4);
}

TEST(AddSite, StartsBlocksOnlyWhereTheirSizeDivides) {
  std::vector<SiteStats> sites;
  for (Index window = 1; window < 4; ++window) add_site(window_stats(window), sites);
  ASSERT_EQ(sites.size(), 2u);
  EXPECT_EQ(sites[0].windows, 1);
  EXPECT_EQ(sites[1].first_window, 2);
  EXPECT_EQ(sites[1].windows, 2);
}

TEST(AddSite, RefusesPartsOutOfOrder) {
  std::vector<SiteStats> sites;
  add_site(window_stats(3), sites);
  EXPECT_THROW(add_site(window_stats(2), sites), InternalError);
  EXPECT_THROW(add_site({.site = "layers.1.o_proj.input"}, sites), InternalError);
}

}  // namespace
}  // namespace nf
