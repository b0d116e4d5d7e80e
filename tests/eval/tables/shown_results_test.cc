#include "eval/tables/shown_results.h"

#include <gtest/gtest.h>

#include <sstream>

#include "eval/output/csv_reader.h"
#include "eval/output/table.h"
#include "eval/results/figures.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/compare_support.h"
#include "tests/support/config_support.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

const std::vector<double> kText = window_figures(1.0, 16, 51);

/// A sweep over layers whose KL is 0.3, 0.1, 0.2, and two seeds of another trial.
std::vector<ResultRow> example() {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (const auto& [layer, kl] : {std::pair(0, 0.3), std::pair(1, 0.1), std::pair(2, 0.2)})
    rows.push_back(compared_row("each", "e" + std::to_string(layer), added(kText, kl, 0.01, 1),
                                {{"layer", layer}}));
  for (const std::uint64_t seed : {0, 1})
    rows.push_back(compared_row("noise_", "n" + std::to_string(seed),
                                added(kText, 1.0, 0.01, seed + 2), Json::object(), seed));
  return rows;
}

std::string shown(const ShowRequest& request, Index columns = 0) {
  const std::vector<ResultRow> rows = example();
  const FollowedSearches none(keys_of(rows), {}, {});
  return shown_results(rows, none, builtin_metrics(), {}, request, columns);
}

std::vector<std::vector<std::string>> csv_of(ShowRequest request) {
  request.format = TableFormat::csv;
  return parse_csv(shown(request));
}

std::vector<std::string> column(const std::vector<std::vector<std::string>>& lines,
                                std::size_t at) {
  std::vector<std::string> fields;
  for (std::size_t i = 1; i < lines.size(); ++i) fields.push_back(lines[i].at(at));
  return fields;
}

TEST(ShownResults, HasALineForEachPoint) {
  const std::string table = shown({});
  EXPECT_NE(table.find("\nm: 1600 tokens scored in 16 windows\n  baseline "), std::string::npos)
      << table;
  for (const char* label : {"\n  each layer=0 ", "\n  each layer=2 ", "\n  noise_ (2 seeds) "})
    EXPECT_NE(table.find(label), std::string::npos) << table;
  EXPECT_NE(table.find("\nppl: perplexity. Δnll:"), std::string::npos) << table;
}

TEST(ShownResults, SortsTheBestFirst) {
  EXPECT_EQ(column(csv_of({.figures = {"kl"}, .sort = {"kl"}}), 4),
            (std::vector<std::string>{"", "1", "2", "0", ""}));
  EXPECT_EQ(column(csv_of({.figures = {"kl"}, .sort = {"kl_high"}}), 4),
            (std::vector<std::string>{"", "1", "2", "0", ""}));
  EXPECT_EQ(column(csv_of({.figures = {"kl"}, .sort = {"-kl"}}), 4),
            (std::vector<std::string>{"", "", "0", "2", "1"}));
  EXPECT_EQ(column(csv_of({.figures = {"kl"}, .sort = {"-layer"}, .top = 2}), 4),
            (std::vector<std::string>{"", "2", "1"}))
      << "without a value last, either way";
}

TEST(ShownResults, MarksWhatHasSeenLessTextThanTheBaseline) {
  std::vector<ResultRow> rows = example();
  rows.push_back(compared_row("half", "h", {kText.begin(), kText.begin() + 8}));
  rows.back().status = Status::partial;
  const FollowedSearches none(keys_of(rows), {}, {});
  const auto table = [&](const ShowRequest& request) {
    return shown_results(rows, none, builtin_metrics(), {}, request, 0);
  };
  const std::string whole = table({});
  EXPECT_NE(whole.find("\n  half (partial)    partial  "), std::string::npos) << whole;
  EXPECT_NE(whole.find("m: half: unfinished, 8 of 16 windows\n"), std::string::npos) << whole;
  const auto lines =
      parse_csv(table({.columns = {"status"}, .sort = {"ppl"}, .format = TableFormat::csv}));
  EXPECT_EQ(lines.back()[1], "half") << "its perplexity is the smallest, but of other text";
  EXPECT_EQ(lines.back().back(), "partial");
  EXPECT_EQ(lines[1].back(), "ok");
}

TEST(ShownResults, KeepsTheColumnsThatLinesAreSortedBy) {
  for (const char* sort : {"ppl", "-ppl"}) {
    const std::string narrow = shown({.sort = {sort}}, 44);
    EXPECT_NE(narrow.find(" ppl"), std::string::npos) << narrow;
    EXPECT_NE(narrow.find("\nppl: perplexity."), std::string::npos) << narrow;
  }
  EXPECT_EQ(shown({.sort = {"kl"}}, 44).find("\nppl: perplexity."), std::string::npos)
      << "goes before KL where lines are sorted by this";
  EXPECT_NE(shown({.sort = {"kl_high"}}, 30).find(" KL"), std::string::npos);
}

TEST(ShownResults, ShowsTheEndsOfAnIntervalAsColumns) {
  const auto whole = csv_of({.columns = {"kl"}});
  const auto low = csv_of({.columns = {"kl_low", "kl_high"}});
  EXPECT_EQ(low[0].back(), "kl_high");
  EXPECT_EQ(low[0][low[0].size() - 2], "kl_low");
  EXPECT_EQ(column(low, low[0].size() - 2), column(whole, whole[0].size() - 2));
  EXPECT_EQ(csv_of({.columns = {"kl_low", "kl"}}), whole) << "no column is there twice";
  const std::string table = shown({.columns = {"kl_low", "top1_agreement_high"}});
  EXPECT_NE(table.find("KL"), std::string::npos) << table;
  EXPECT_NE(table.find("low"), std::string::npos) << table;
  EXPECT_NE(table.find("\nlow, high: the ends of the 95 % interval over text and seeds.\n"),
            std::string::npos)
      << table;
}

TEST(ShownResults, ExplainsWhatItShowsAlone) {
  const std::string narrow = shown({}, 44);
  EXPECT_NE(narrow.find("KL: KL(baseline"), std::string::npos) << narrow;
  EXPECT_EQ(narrow.find("same top-1:"), std::string::npos) << narrow;
  EXPECT_EQ(narrow.find("rel. L2:"), std::string::npos) << narrow;
}

TEST(ShownResults, TakesTheSelectedTrials) {
  const std::vector<ResultRow> rows = example();
  ShowRequest request{.figures = {"kl"}};
  request.selectors = {parse_trial_selector("each:layer=1", keys_of(rows))};
  EXPECT_EQ(column(csv_of(request), 1), (std::vector<std::string>{"baseline", "each"}));
}

TEST(ShownResults, HasAllDigitsForPrograms) {
  const auto lines = csv_of({.figures = {"nll", "kl"}});
  EXPECT_EQ(lines[0], (std::vector<std::string>{"id", "name", "model", "seed", "layer", "seeds",
                                                "nll", "delta_nll", "delta_nll_low",
                                                "delta_nll_high", "kl", "kl_low", "kl_high"}));
  const std::vector<ResultRow> rows = example();
  const FigureEstimate kl = *estimate_figure(kl_figure(), {&rows[1]}, &rows[0]);
  EXPECT_EQ(std::stod(lines[2][10]), kl.mean.mean);
  EXPECT_EQ(std::stod(lines[2][11]), kl.interval->low);
  EXPECT_EQ((std::vector<std::string>{lines[2].begin(), lines[2].begin() + 6}),
            (std::vector<std::string>{"e0", "each", "m", "0", "0", "1"}));
  EXPECT_EQ((std::vector<std::string>{lines[5].begin(), lines[5].begin() + 6}),
            (std::vector<std::string>{"n0", "noise_", "m", "", "", "2"}));
  ShowRequest request{.columns = {"kl", "layer", "seeds"}, .format = TableFormat::json};
  const Json json = Json::parse(shown(request));
  EXPECT_EQ(json[1]["kl"].get<double>(), kl.mean.mean);
  EXPECT_EQ(json[1]["layer"], 0);
  EXPECT_EQ(json[4]["seeds"], 2);
}

TEST(ShownResults, EscapesInDocuments) {
  EXPECT_NE(shown({.format = TableFormat::markdown}).find("| noise\\_ (2 seeds) |"),
            std::string::npos);
  const std::string latex = shown({.format = TableFormat::latex});
  EXPECT_NE(latex.find("\nnoise\\_ (2 seeds) & "), std::string::npos) << latex;
  EXPECT_NE(latex.find("\n% ppl: perplexity."), std::string::npos) << latex;
}

TEST(ShownResults, FitsANarrowTerminalWithALineARow) {
  const std::string narrow = shown({}, 60);
  EXPECT_NE(narrow.find("\n60 columns have no room for: "), std::string::npos) << narrow;
  EXPECT_NE(narrow.find("\n  each layer=0 "), std::string::npos) << narrow;
  EXPECT_NE(narrow.find(" KL\n"), std::string::npos) << narrow;
  std::istringstream lines(narrow);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 60) << line;
}

TEST(ShownResults, SaysWhatHasNotRun) {
  std::vector<ResultRow> rows = example();
  const std::vector<RowKey> keys = keys_of(rows);
  rows.erase(rows.begin() + 2);
  const FollowedSearches searches(keys, {}, {});
  const std::string table = shown_results(rows, searches, builtin_metrics(), {}, {}, 0);
  EXPECT_NE(table.find("\nm: 1 of 5 trials have no record yet\n"), std::string::npos) << table;
}

TEST(ShownResults, NamesWhatIsUnknown) {
  EXPECT_EQ(config_error_of([] { shown({.figures = {"kl_revers"}}); }),
            "--figure: unknown figure 'kl_revers'; did you mean 'kl_reverse'?");
  EXPECT_EQ(config_error_of([] { shown({.columns = {"layr"}}); }),
            "--columns: unknown column 'layr'; did you mean 'layer'?");
  EXPECT_EQ(config_error_of([] { shown({.sort = {"-layr"}}); }),
            "--sort: unknown column 'layr'; did you mean 'layer'?");
}

TEST(ShownResults, DoesNotDependOnThreads) {
  std::vector<std::string> texts;
  for (const Index threads : {1, 3}) {
    const Threads guard(threads);
    texts.push_back(shown({.sort = {"kl"}}));
  }
  EXPECT_EQ(texts[0], texts[1]);
}

}  // namespace
}  // namespace nf
