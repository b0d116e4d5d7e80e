#include "eval/report/tail_quantiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "eval/analysis/kl_quantile.h"
#include "eval/metrics/summed_figures.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/report/chart.h"
#include "eval/report/report_lines.h"
#include "eval/tables/finding.h"

namespace nf {
namespace {

constexpr Index kMostCurves = 8, kMostRows = 40;
const std::vector<Index> kPerMille = {500, 900, 990, 999};
constexpr std::size_t kMedian = 0, kOneInThousand = 3;

/// A line with the spread of its KL.
struct Spread {
  const ResultLine* line = nullptr;
  std::optional<FigureEstimate> kl{};
  std::vector<KlQuantile> quantiles{};
  double most = 0.0;  ///< the greatest KL of a token
};

std::vector<Spread> spreads_of(const ReportPart& part, const ShownLines& shown) {
  std::vector<Spread> spreads;
  for (const ResultLine* line : shown.lines) {
    Spread spread{.line = line, .quantiles = kl_quantiles(*line, kPerMille)};
    if (spread.quantiles.empty()) continue;
    spread.kl = estimate_figure(kl_figure(), line->samples(), part.model->baseline);
    for (const ResultRow* row : line->samples())
      for (const WindowSums& window : row->windows)
        if (window.sums.tail) spread.most = std::max(spread.most, window.sums.tail->max);
    spreads.push_back(std::move(spread));
  }
  return spreads;
}

std::string quantile_text(const KlQuantile& quantile) {
  std::optional<double> low, high;
  if (quantile.interval) {
    low = quantile.interval->low;
    high = quantile.interval->high;
  }
  return interval_text(quantile.value, low, high, "");
}

/// The line whose mean says least about its tail.
const Spread& most_uneven(const std::vector<Spread>& spreads) {
  const auto ratio = [](const Spread& spread) {
    const double mean = spread.kl ? spread.kl->mean.mean : 0.0;
    return mean > 0.0 ? spread.quantiles[kOneInThousand].value / mean : 0.0;
  };
  return *std::max_element(
      spreads.begin(), spreads.end(),
      [&ratio](const Spread& a, const Spread& b) { return ratio(a) < ratio(b); });
}

std::string sentence_of(const Spread& spread) {
  return fmt::format(
      "{}: half of the tokens stay within a KL of {} nats, one in a thousand goes beyond {}; the "
      "mean is {}.",
      spread.line->label(), figure_number(spread.quantiles[kMedian].value),
      quantile_text(spread.quantiles[kOneInThousand]), estimate_text(spread.kl));
}

/// The flips of a line, shares of its scored tokens.
struct Flips {
  std::optional<FigureEstimate> lost{}, gained{}, net{};
};

Flips flips_of(const ResultLine& line, const ResultRow* baseline) {
  const auto estimate = [&](const char* mean) -> std::optional<FigureEstimate> {
    const SummedFigure* const figure = find_summed_mean(mean);
    if (figure == nullptr) return std::nullopt;
    return estimate_figure(text_figure(*figure), line.samples(), baseline);
  };
  return {.lost = estimate("flips_lost"),
          .gained = estimate("flips_gained"),
          .net = estimate_figure(flips_difference_figure(), line.samples(), baseline)};
}

HtmlTable quantile_table(const std::vector<Spread>& spreads) {
  HtmlTable table{.caption = "KL of single tokens, nats, with 95 % intervals over text and seeds",
                  .columns = {"trial", "mean", "median", "90 %", "99 %", "99.9 %", "largest"}};
  for (const Spread& spread : spreads) {
    std::vector<std::string>& row =
        table.rows.emplace_back(std::vector{spread.line->label(), estimate_text(spread.kl)});
    for (const KlQuantile& quantile : spread.quantiles) row.push_back(quantile_text(quantile));
    row.push_back(figure_number(spread.most));
  }
  return table;
}

HtmlTable flips_table(const ReportPart& part, const ShownLines& shown) {
  HtmlTable table{
      .caption =
          "Tokens of the text that were the most probable one and are no longer (lost), or "
          "have become so (gained), as shares of the scored tokens",
      .columns = {"trial", "lost", "gained", "lost − gained"}};
  for (const ResultLine* line : shown.lines) {
    const Flips flips = flips_of(*line, part.model->baseline);
    if (flips.lost && flips.gained)
      table.rows.push_back({line->label(), percent_text(flips.lost), percent_text(flips.gained),
                            percent_text(flips.net)});
  }
  return table;
}

std::string csv_of(const std::string& model, const std::vector<Spread>& spreads) {
  CsvText csv({"model", "trial", "share", "kl", "kl_low", "kl_high", "note"});
  for (const Spread& spread : spreads) {
    for (std::size_t q = 0; q < kPerMille.size(); ++q) {
      const KlQuantile& quantile = spread.quantiles[q];
      csv.add_row(
          {model, spread.line->label(), csv_number(static_cast<double>(kPerMille[q]) / 1000.0),
           csv_number(quantile.value), quantile.interval ? csv_number(quantile.interval->low) : "",
           quantile.interval ? csv_number(quantile.interval->high) : "", quantile.note});
    }
    csv.add_row({model, spread.line->label(), "1", csv_number(spread.most), "", "", ""});
  }
  return csv.text();
}

ChartSeries curve_of(const Spread& spread) {
  ChartSeries series{.name = spread.line->label()};
  for (std::size_t q = 0; q < kPerMille.size(); ++q) {
    const KlQuantile& quantile = spread.quantiles[q];
    if (!(quantile.value > 0.0)) continue;
    ChartPoint& point = series.points.emplace_back();
    point.x = 1000.0 / static_cast<double>(1000 - kPerMille[q]);
    point.y = quantile.value;
    if (quantile.interval) {
      point.y_low = quantile.interval->low;
      point.y_high = quantile.interval->high;
    }
    point.value = fmt::format("{}: one token in {:g} has a KL beyond {}", series.name, point.x,
                              quantile_text(quantile));
  }
  return series;
}

ReportFigure figure_of(const ReportPart& part, const std::vector<Spread>& spreads,
                       double width_mm) {
  LineChart chart{
      .title = "Tails of KL",
      .description = "The KL that one token in 2, 10, 100 and 1000 goes beyond, by trial.",
      .x = {.label = "one token in so many", .scale = AxisScale::log},
      .y = {.label = "has a KL beyond", .unit = "nats", .scale = AxisScale::log}};
  for (const Spread& spread : spreads) chart.series.push_back(curve_of(spread));
  const Drawing drawing = draw(chart, width_mm);
  return {.id = "tails" + part.suffix,
          .title = chart.title,
          .caption =
              "The KL that one token in 2, 10, 100 and 1000 goes beyond. Curves that are "
              "parallel differ in size alone; one that rises faster keeps its damage for "
              "few tokens, which a mean does not show.",
          .csv = csv_of(part.model->model, spreads),
          .svg = drawing.svg,
          .width_mm = drawing.width,
          .height_mm = drawing.height};
}

}  // namespace

void add_tail_quantiles(const ReportPart& part, double width_mm, HtmlFragment& html,
                        Section& section) {
  const ShownLines drawn = shown_lines(*part.model, kMostCurves);
  const std::vector<Spread> curves = spreads_of(part, drawn);
  if (!curves.empty()) {
    html.paragraph(sentence_of(most_uneven(curves)));
    if (const std::string remark = drawn.remark(); !remark.empty()) html.paragraph(remark);
    section.figures.push_back(figure_of(part, curves, width_mm));
    html.figure(section.figures.back().id);
  }
  const ShownLines listed = shown_lines(*part.model, kMostRows);
  HtmlFragment tables;
  if (const std::vector<Spread> spreads = spreads_of(part, listed); !spreads.empty())
    tables.table(quantile_table(spreads));
  if (const HtmlTable flips = flips_table(part, listed); !flips.rows.empty()) tables.table(flips);
  if (tables.text().empty()) return;
  if (const std::string remark = listed.remark(); !remark.empty()) tables.paragraph(remark);
  html.details("Quantiles and flips, trial by trial", tables);
}

}  // namespace nf
