#include "eval/tables/results_csv.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <sstream>

#include "eval/results/results.h"
#include "eval/tables/sites_csv.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/row_keys.h"

namespace nf {
namespace {

/// nll 2 nats and ln-friendly numbers on 100 tokens.
ResultRow row_of(const std::string& name, std::optional<std::uint64_t> seed, const Json& vars) {
  ResultRow row;
  row.key = {.id = name, .name = name, .model = "opt-nano", .seed = seed, .vars = vars};
  row.text = {.windows = 1,
              .sums = {.tokens = 100, .nll = 0.0, .kl = 12.5, .kl_reverse = 50.0, .top1 = 75},
              .bytes = 400};
  return row;
}

std::string csv_of(const std::vector<ResultRow>& rows, const std::vector<TaskHeading>& tasks = {},
                   const MetricRegistry& metrics = builtin_metrics()) {
  return results_csv(rows, variables_of(rows), metrics, tasks);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ResultsCsv, HasOneRowPerResultAndOneColumnPerVariable) {
  ResultRow baseline = row_of("baseline", std::nullopt, Json::object());
  baseline.text.sums.kl = baseline.text.sums.kl_reverse = 0.0;
  baseline.text.sums.top1 = 100;
  ResultRow noise = row_of("noise, \"big\"", 3, {{"r", 0.1}, {"dist", "gaussian"}});
  noise.key.id = "n";
  noise.relative_l2_weight = 0.25;
  ResultRow other = row_of("bits", 0, {{"bits", 4}, {"r", 1}});
  other.relative_l2_input = 0.5;
  EXPECT_EQ(csv_of({baseline, noise, other}),
            "id,name,model,seed,nll,ppl,kl,kl_reverse,top1_agreement,bits_per_byte,"
            "kl_p50,kl_p99,kl_p999,kl_max,flips_lost,flips_gained,delta_nll,delta_"
            "nll_low,"
            "delta_"
            "nll_high,kl_low,kl_high,kl_floor,below_floor,tokens,windows,status,stopped,"
            "relative_l2_weight,relative_l2_input,kl_per_r2,r,dist,bits\n"
            "baseline,baseline,opt-nano,,0,1,0,0,1,0,,,,,0,0,,,,,,,,100,1,ok,,,,,,,\n"
            "n,\"noise, "
            "\"\"big\"\"\",opt-nano,3,0,1,0.125,0.5,0.75,0,,,,,0,0,,,,,,,,100,1,ok,,0.25,,2,0.1,"
            "gaussian,\n"
            "bits,bits,opt-nano,0,0,1,0.125,0.5,0.75,0,,,,,0,0,,,,,,,,100,1,ok,,,0.5,0.5,1,,4\n");
}

TEST(ResultsCsv, LeavesTheNumbersOfAFailedRowEmpty) {
  ResultRow failed = row_of("noise", 1, Json::object());
  failed.status = Status::failed;
  failed.error = "layer 0: not finite";
  failed.text = {};
  EXPECT_EQ(lines_of(csv_of({failed}))[1],
            "noise,noise,opt-nano,1,,,,,,,,,,,,,,,,,,,,0,0,failed,,,,");
}

TEST(ResultsCsv, SaysWhichKlIsBelowTheFloor) {
  const auto fields_of = [](double kl, std::optional<double> floor, Index tokens = 100) {
    ResultRow row = row_of("w8", 0, Json::object());
    row.text.sums.kl = kl;
    row.text.sums.tokens = tokens;
    row.kl_floor = floor;
    const std::string line = lines_of(csv_of({row}))[1];
    std::size_t begin = 0;
    for (int comma = 0; comma < 21; ++comma) begin = line.find(',', begin) + 1;
    return line.substr(begin, line.find(',', line.find(',', begin) + 1) - begin);
  };
  EXPECT_EQ(fields_of(3.9, 0.01), "0.01,true");  // 0.039 per token, below four times 0.01
  EXPECT_EQ(fields_of(4.0, 0.01), "0.01,false");
  EXPECT_EQ(fields_of(0.0, 0.01), "0.01,true");
  EXPECT_EQ(fields_of(0.0, 0.0), "0,false");
  EXPECT_EQ(fields_of(3.9, std::nullopt), ",");
  EXPECT_EQ(fields_of(0.0, 0.01, 0), "0.01,");  // none of its text is there yet
}

TEST(ResultsCsv, OfNothingIsTheHeader) { EXPECT_EQ(lines_of(csv_of({})).size(), 1u); }

TEST(ResultsCsv, HasOneColumnPerMetricOfTheRegistry) {
  MetricRegistry metrics = builtin_metrics();
  metrics.add({.name = "top1_count",
               .unit = "",
               .summary = "",
               .position = 2,
               .value = [](const TextSums& text) { return static_cast<double>(text.sums.top1); }});
  const std::vector<std::string> lines =
      lines_of(csv_of({row_of("noise", 0, Json::object())}, {}, metrics));
  EXPECT_EQ(
      lines[0],
      "id,name,model,seed,nll,ppl,top1_count,kl,kl_reverse,top1_agreement,bits_per_byte,"
      "kl_p50,kl_p99,kl_p999,kl_max,flips_lost,flips_gained,delta_"
      "nll,delta_"
      "nll_low,delta_nll_high,kl_low,kl_high,kl_floor,below_floor,tokens,windows,status,stopped,"
      "relative_l2_weight,relative_l2_input,kl_per_r2");
  EXPECT_EQ(lines[1], "noise,noise,opt-nano,0,0,1,75,0.125,0.5,0.75,0,,,,,0,0,,,,,,,,100,1,ok,,,,");
}

TEST(ResultsCsv, LeavesWhatNobodyKnowsEmpty) {
  ResultRow row = row_of("ids", 0, Json::object());
  row.text.bytes = -1;
  EXPECT_EQ(lines_of(csv_of({row}))[1],
            "ids,ids,opt-nano,0,0,1,0.125,0.5,0.75,,,,,,0,0,,,,,,,,100,1,ok,,,,");
  row.text = {};  // no text, or none of it yet
  EXPECT_EQ(lines_of(csv_of({row}))[1], "ids,ids,opt-nano,0,,,,,,,,,,,,,,,,,,,,0,0,ok,,,,");
}

TEST(ResultsCsv, HasTheColumnsOfEachTaskBehindTheMetrics) {
  ResultRow row = row_of("baseline", std::nullopt, Json::object());
  row.key.vars = {{"r", 0.1}};
  const std::vector<PartSums> parts = {{.tokens = 1, .nll = 0.0}};
  for (Index question = 0; question < 2; ++question) {
    row.questions.push_back({.task = "word", .question = question, .parts = parts});
    row.questions.push_back({.task = "choice",
                             .question = question,
                             .parts = parts,
                             .correct = question == 0,
                             .correct_norm = true});
  }
  ResultRow failed = row;
  failed.status = Status::failed;
  failed.text = {};
  failed.questions.clear();
  const std::vector<TaskHeading> tasks = {{.name = "word", .has_ppl = true}, {.name = "choice"}};
  const std::vector<std::string> lines = lines_of(csv_of({row, failed}, tasks));
  EXPECT_EQ(
      lines[0],
      "id,name,model,seed,nll,ppl,kl,kl_reverse,top1_agreement,bits_per_byte,"
      "kl_p50,kl_p99,kl_p999,kl_max,flips_lost,flips_gained,delta_nll,delta_"
      "nll_low,delta_"
      "nll_high,kl_low,kl_high,kl_floor,below_floor,word_acc,word_acc_norm,"
      "word_stderr,word_ppl,choice_acc,choice_acc_norm,choice_stderr,tokens,windows,status,stopped,"
      "relative_l2_weight,relative_l2_input,kl_per_r2,r");
  EXPECT_EQ(lines[1],
            "baseline,baseline,opt-nano,,0,1,0.125,0.5,0.75,0,,,,,0,0,,,,,,,,0,,0,1,0.5,1,0.5,100,"
            "1,ok,,,,,0.1");
  EXPECT_EQ(lines[2], "baseline,baseline,opt-nano,,,,,,,,,,,,,,,,,,,,,,,,,,,,0,0,failed,,,,,0.1");
}

/// 100 tokens in each window, with these sums of kl, and of nll above 200 by the same.
ResultRow row_of_windows(const std::string& name, const std::vector<double>& sums) {
  ResultRow row = row_of(name, 0, Json::object());
  for (const double sum : sums)
    row.windows.push_back({.window = std::ssize(row.windows),
                           .sums = {.tokens = 100, .nll = 200.0 + sum, .kl = sum, .top1 = 90}});
  row.text = add_up(row.windows);
  return row;
}

/// The columns delta_nll ... kl_high of one row.
std::string intervals_of(const std::string& line) {
  std::size_t begin = 0;
  for (int comma = 0; comma < 16; ++comma) begin = line.find(',', begin) + 1;
  std::size_t end = begin;
  for (int comma = 0; comma < 5; ++comma) end = line.find(',', end) + 1;
  return line.substr(begin, end - 1 - begin);
}

TEST(ResultsCsv, HasIntervalsOverTheText) {
  // sums ±2 about 8 on windows of 100 tokens: t[7]·0.02·√(8/7)/√8 = 2.364624·0.00755929
  const std::vector<double> sums = {6, 10, 6, 10, 6, 10, 6, 10};
  const ResultRow baseline = row_of_windows("baseline", std::vector<double>(8, 0.0));
  const std::string text = csv_of({baseline, row_of_windows("noise", sums)});
  EXPECT_EQ(intervals_of(lines_of(text)[1]), "0,,,,");
  const std::string intervals = intervals_of(lines_of(text)[2]);
  EXPECT_EQ(intervals.substr(0, 12), "0.08,0.06212") << intervals;
  EXPECT_NE(intervals.find(",0.09787"), std::string::npos) << intervals;
}

TEST(ResultsCsv, HasNoIntervalOfFewBlocks) {
  const ResultRow baseline = row_of_windows("baseline", {0, 0, 0});
  const std::string text = csv_of({baseline, row_of_windows("noise", {7, 8, 9})});
  EXPECT_EQ(intervals_of(lines_of(text)[2]), "0.08,,,,");
}

TEST(ResultsCsv, HasKlPerSquaredSizeOfWeightsAloneOrInputsAlone) {
  const auto field_of = [](std::optional<double> weight, std::optional<double> input,
                           double kl = 12.5) {
    ResultRow row = row_of("t", 0, Json::object());
    row.text.sums.kl = kl;
    row.relative_l2_weight = weight;
    row.relative_l2_input = input;
    const std::string line = lines_of(csv_of({row}))[1];
    return line.substr(line.rfind(',') + 1);
  };
  EXPECT_EQ(field_of(0.25, std::nullopt), "2");
  EXPECT_EQ(field_of(std::nullopt, 0.5), "0.5");
  EXPECT_EQ(field_of(0.25, std::nullopt, 0.0), "0");
  EXPECT_EQ(field_of(0.25, 0.5), "");
  EXPECT_EQ(field_of(std::nullopt, std::nullopt), "");
  EXPECT_EQ(field_of(0.0, std::nullopt), "");  // of nothing
}

TEST(ResultsCsv, HasColumnsOfTrialsThatHaveNotRun) {
  const ResultRow row = row_of("t", 0, {{"r", 0.1}});
  const auto lines = lines_of(results_csv({row}, {"r", "bits", "bisect"}, builtin_metrics()));
  EXPECT_TRUE(lines[0].ends_with(",kl_per_r2,r,bits,bisect"));
  EXPECT_TRUE(lines[1].ends_with(",0.1,,"));
}

/// A row of two windows of 10 tokens with these sums.
ResultRow arm_of(const char* arm, std::array<double, 2> nll, std::array<double, 2> kl) {
  ResultRow row = row_of("t", 0, {{"b", 8}});
  if (arm != nullptr) row.key.vars["execute"] = arm;
  for (std::size_t i = 0; i < 2; ++i) {
    WindowSums window;
    window.window = static_cast<Index>(i);
    window.sums.tokens = 10;
    window.sums.nll = nll[i];
    window.sums.kl = kl[i];
    row.windows.push_back(window);
  }
  return row;
}

/// Column → value of a line.
std::map<std::string, std::string> fields_of(const std::vector<std::string>& lines,
                                             std::size_t row) {
  const auto split = [](const std::string& line) {
    std::istringstream stream(line + ",");
    std::vector<std::string> fields;
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
    return fields;
  };
  const std::vector<std::string> names = split(lines[0]), values = split(lines[row]);
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i < names.size(); ++i) fields[names[i]] = values.at(i);
  return fields;
}

TEST(ResultsCsv, TellsHowFarTheIntegerArmIsFromTheSimulatedOne) {
  ResultRow integer = arm_of("integer", {21.0, 20.5}, {2.25, 1.0}),
            simulated = arm_of("simulated", {20.0, 20.0}, {2.0, 1.5}),
            other = arm_of("integer", {21.0, 20.5}, {2.25, 1.0});
  other.key.vars["b"] = 4;  // its simulated arm is not there
  const auto lines = lines_of(csv_of({integer, simulated, other}));
  EXPECT_TRUE(lines[0].ends_with(
      ",kl_per_r2,delta_nll_execute,delta_nll_execute_low,delta_nll_execute_high,delta_kl_execute,"
      "delta_kl_execute_low,delta_kl_execute_high,b,execute"))
      << lines[0];
  EXPECT_EQ(fields_of(lines, 1).at("delta_nll_execute"), "0.075");
  EXPECT_EQ(fields_of(lines, 1).at("delta_kl_execute"), "-0.0125");
  for (const std::size_t row : {2, 3})
    for (const char* column : {"delta_nll_execute", "delta_kl_execute", "delta_kl_execute_low"})
      EXPECT_EQ(fields_of(lines, row).at(column), "") << row << column;
  EXPECT_EQ(lines_of(csv_of({arm_of(nullptr, {1.0, 1.0}, {1.0, 1.0})}))[0].find("execute"),
            std::string::npos);
}

SiteStats two_value_site() {
  // x = {3, -4}, x̃ = {3.5, -4.5}: δ = {0.5, -0.5}
  SiteStats site{.site = "layers.0.q_proj.weight"};
  site.stats.count = 2;
  site.stats.sum_x2 = 25.0;
  site.stats.sum_y2 = 32.5;
  site.stats.sum_xy = 28.5;
  site.stats.sum_d2 = 0.25;  // not the data's 0.5: relative_l2 is then exactly 0.1
  site.stats.central_d2 = 0.5;
  site.stats.central_d4 = 0.125;
  site.stats.mean_abs_x = 3.5;
  site.stats.mean_abs_d = 0.5;
  site.stats.central_abs_x2 = 0.5;
  site.stats.sum_d2_small = 0.125;
  site.stats.max_abs_d = 0.5;
  site.stats.sign_flips = 0;
  site.stats.to_zero = 1;
  site.stats.clipped = 2;
  return site;
}

TEST(SitesCsv, HasOneRowPerTrialAndSite) {
  ResultRow row = row_of("noise", 7, {{"r", 0.1}, {"layer", "all"}});
  row.sites = {two_value_site(), two_value_site()};
  row.sites[1].site = "layers.0.q_proj.input";
  row.sites[1].complete = false;
  const std::vector<std::string> lines = lines_of(sites_csv({row}, {"r", "layer"}));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(
      lines[0],
      "id,name,model,seed,r,layer,sites_layer,role,tensor,site,elements,delta_relative_l2,"
      "delta_sqnr_db,delta_max,delta_mean,delta_kurtosis,delta_cosine,delta_correlation,"
      "delta_energy_below_median,delta_sign_flips,delta_to_zero,delta_clipped,axis,group,ratio,"
      "damping,kept");
  EXPECT_EQ(lines[1].substr(0, 79),
            "noise,noise,opt-nano,7,0.1,all,0,q_proj,weight,layers.0.q_proj.weight,2,0.1,20,");
  EXPECT_NE(lines[1].find(",0.5,0,0.5,1"), std::string::npos);  // energy, flips, to zero, clipped
  EXPECT_EQ(lines[2],
            "noise,noise,opt-nano,7,0.1,all,0,q_proj,input,layers.0.q_proj.input,2,0.1,20,,,,,,,,,"
            "1,,,,,");
}

TEST(SitesCsv, LeavesFiguresWithoutAValueEmpty) {
  ResultRow row = row_of("nothing", 0, Json::object());
  row.sites = {{.site = "lm_head.weight", .stats = {.count = 2, .sum_x2 = 1.0, .sum_y2 = 1.0}}};
  EXPECT_EQ(
      lines_of(sites_csv({row}, {}))[1],
      "nothing,nothing,opt-nano,0,,lm_head,weight,lm_head.weight,2,0,inf,0,0,,0,,,0,0,0,,,,,");
}

TEST(SitesCsv, SaysWhatWasChosenForAWeight) {
  ResultRow row = row_of("gptq", 0, Json::object());
  row.sites = {two_value_site()};
  row.sites.front().notes = {
      {"axis", "in"}, {"group", 64}, {"damping", 0.1}, {"kept", "nothing"}, {"unknown", 1}};
  EXPECT_TRUE(lines_of(sites_csv({row}, {}))[1].ends_with(",1,in,64,,0.1,nothing"));
}

}  // namespace
}  // namespace nf
