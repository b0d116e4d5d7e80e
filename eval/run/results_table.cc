#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "core/io/read_json.h"
#include "eval/report/csv.h"
#include "eval/report/number_text.h"
#include "eval/report/table.h"
#include "eval/run/results.h"

namespace nf {
namespace {

constexpr int kPerplexityDecimals = 2;
constexpr int kPercentDecimals = 2;

/// One line of the table: the rows that differ in their seeds only.
struct Line {
  std::vector<const ResultRow*> rows;

  const RowKey& key() const { return rows.front()->key; }
  /// The rows that tell something new: without failures, and of rows that share an id (nothing is
  /// drawn, so the seed is without effect) the first.
  std::vector<const ResultRow*> samples() const {
    std::vector<const ResultRow*> samples;
    std::set<std::string> ids;
    for (const ResultRow* row : rows)
      if (!row->failed() && ids.insert(row->key.id).second) samples.push_back(row);
    return samples;
  }
  Index seeds() const {
    std::set<std::string> ids;
    for (const ResultRow* row : rows) ids.insert(row->key.id);
    return static_cast<Index>(ids.size());
  }
};

/// The lines of one model, baseline first.
struct ModelLines {
  std::string model;
  const ResultRow* baseline = nullptr;
  std::vector<Line> lines;
};

std::vector<ModelLines> group_rows(const std::vector<ResultRow>& rows) {
  std::vector<ModelLines> models;
  for (const ResultRow& row : rows) {
    auto model = std::find_if(models.begin(), models.end(), [&row](const ModelLines& candidate) {
      return candidate.model == row.key.model;
    });
    if (model == models.end()) model = models.insert(model, ModelLines{row.key.model, nullptr, {}});
    if (row.key.name == "baseline") {
      model->baseline = &row;
      model->lines.insert(model->lines.begin(), Line{{&row}});
      continue;
    }
    const auto line =
        std::find_if(model->lines.begin(), model->lines.end(), [&row](const Line& candidate) {
          return candidate.key().name == row.key.name && candidate.key().vars == row.key.vars;
        });
    if (line == model->lines.end())
      model->lines.push_back({{&row}});
    else
      line->rows.push_back(&row);
  }
  return models;
}

/// "noise-sweep r=0.05 dist=gaussian": the name and the sweep point.
std::string condition(const RowKey& key) {
  std::string text = printable(key.name);
  for (const auto& [name, value] : key.vars.items())
    text += fmt::format(" {}={}", printable(name), printable(csv_value(value)));
  return text;
}

std::string label(const Line& line) {
  const Index seeds = line.seeds();
  const Index finished = static_cast<Index>(line.samples().size());
  std::string text = condition(line.key());
  if (seeds > 1)
    text += finished == seeds ? fmt::format(" ({} seeds)", seeds)
                              : fmt::format(" ({} of {} seeds)", finished, seeds);
  return text;
}

/// nll of `row` minus that of the baseline over the windows that both have, nats per token.
std::optional<double> paired_nll_difference(const ResultRow& row, const ResultRow* baseline) {
  if (baseline == nullptr) return std::nullopt;
  std::map<Index, double> baseline_nll;
  for (const WindowSums& window : baseline->windows) baseline_nll[window.window] = window.nll;
  double difference = 0.0;
  Index tokens = 0;
  for (const WindowSums& window : row.windows) {
    const auto found = baseline_nll.find(window.window);
    if (found == baseline_nll.end()) continue;
    difference += window.nll - found->second;
    tokens += window.tokens;
  }
  if (tokens == 0) return std::nullopt;
  return difference / static_cast<double>(tokens);
}

/// Mean and, of several seeds, standard deviation of one figure.
TableCell cell(const std::vector<const ResultRow*>& samples,
               const std::function<std::optional<double>(const ResultRow&)>& figure,
               const std::function<std::string(double)>& format) {
  std::vector<double> values;
  for (const ResultRow* row : samples)
    if (const std::optional<double> value = figure(*row)) values.push_back(*value);
  if (values.empty()) return {};
  const double n = static_cast<double>(values.size());
  double mean = 0.0;
  for (const double value : values) mean += value / n;
  TableCell cell{.value = format(mean), .spread = {}};
  if (values.size() > 1) {
    double squares = 0.0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    cell.spread = spread_number(std::sqrt(squares / (n - 1.0)), cell.value);
  }
  return cell;
}

/// Digits worth reading in a figure in nats: small ones are known less well.
int digits_of(double nats) { return std::abs(nats) < 0.01 ? 2 : 3; }

std::vector<TableCell> cells(const Line& line, const ResultRow* baseline,
                             const MetricRegistry& metrics) {
  const std::vector<const ResultRow*> samples = line.samples();
  if (samples.empty()) return {{"failed", ""}, {}, {}, {}, {}, {}};
  const auto value_of = [&metrics](const char* metric) {
    return [&value = metrics.at(metric).value](const ResultRow& row) { return value(row.sums); };
  };
  const TableCell ppl = cell(samples, value_of("ppl"),
                             [](double value) { return fixed_number(value, kPerplexityDecimals); });
  if (line.key().name == "baseline") return {ppl, {}, {}, {}, {}, {}};
  const TableCell nll_difference = cell(
      samples, [&](const ResultRow& row) { return paired_nll_difference(row, baseline); },
      [](double value) { return signed_number(value, digits_of(value)); });
  const TableCell kl = cell(samples, value_of("kl"),
                            [](double value) { return short_number(value, digits_of(value)); });
  const TableCell top1 = cell(
      samples,
      [share = value_of("top1_agreement")](const ResultRow& row) { return 100.0 * share(row); },
      [](double value) { return fixed_number(value, kPercentDecimals); });
  const auto relative_l2 = [&samples](std::optional<double> ResultRow::*figure) {
    constexpr int kDigits = 3;
    const TableCell mean = cell(
        samples, [&](const ResultRow& row) { return row.*figure; },
        [](double value) { return short_number(value, kDigits); });
    return TableCell{mean.value, ""};  // what was asked for, not what came of it: no spread
  };
  return {ppl,
          nll_difference,
          kl,
          top1,
          relative_l2(&ResultRow::relative_l2_weight),
          relative_l2(&ResultRow::relative_l2_input)};
}

std::string heading(const ModelLines& model) {
  const ResultRow* row =
      model.baseline != nullptr ? model.baseline : model.lines.front().rows.front();
  return fmt::format("{}: {} tokens scored in {} {}", printable(model.model), row->sums.tokens,
                     row->sums.window, row->sums.window == 1 ? "window" : "windows");
}

/// One line for each row that failed, and for each that has not got through all windows yet.
std::string remarks(const std::vector<ModelLines>& models) {
  std::string text;
  for (const ModelLines& model : models) {
    for (const Line& line : model.lines) {
      for (const ResultRow* row : line.rows) {
        std::string name = fmt::format("{}: {}", printable(model.model), condition(row->key));
        if (line.seeds() > 1) name += fmt::format(" (seed {})", *row->key.seed);
        if (row->failed())
          text += fmt::format("{}: failed: {}\n", name, printable(row->error));
        else if (model.baseline != nullptr && row->sums.window < model.baseline->sums.window)
          text += fmt::format("{}: unfinished, {} of {} windows\n", name, row->sums.window,
                              model.baseline->sums.window);
      }
    }
  }
  return text.empty() ? "" : '\n' + text;
}

std::string legend(Index columns) {
  constexpr Index kWidest = 100;
  const Index width = columns > 0 ? std::min(columns, kWidest) : kWidest;
  std::string text = "\n";
  for (const std::string& line : wrap_words(
           "ppl: perplexity. Δnll: negative log-likelihood minus the baseline's, nats per token. "
           "KL: KL(baseline‖trial) of the next-token distributions, nats per token. same top-1: "
           "positions where both find the same token most probable. rel. L2: ‖δ‖/‖x‖ over all "
           "distorted weights or inputs. ±: standard deviation over seeds.",
           width))
    text += line + '\n';
  return text;
}

}  // namespace

std::string results_table(const std::vector<ResultRow>& rows, Index columns) {
  const MetricRegistry metrics = MetricRegistry::builtin();
  const std::vector<ModelLines> models = group_rows(rows);
  TextTable table({"ppl", "Δnll", "KL", "same\ntop-1 %", "rel. L2\nweights", "rel. L2\ninputs"});
  for (const ModelLines& model : models) {
    table.add_section(heading(model));
    for (const Line& line : model.lines)
      table.add_row(label(line), cells(line, model.baseline, metrics));
  }
  return table.render(columns) + remarks(models) + legend(columns);
}

}  // namespace nf
