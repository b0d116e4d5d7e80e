#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "core/io/read_json.h"
#include "eval/report/number_text.h"
#include "eval/report/table.h"
#include "eval/run/results_lines.h"

namespace nf {
namespace {

constexpr int kPerplexityDecimals = 2;
constexpr int kPercentDecimals = 2;

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

std::vector<TableCell> cells(const ResultLine& line, const ResultRow* baseline,
                             const MetricRegistry& metrics) {
  const std::vector<const ResultRow*> samples = line.samples();
  if (samples.empty()) return {{"failed", ""}, {}, {}, {}, {}, {}};
  const auto value_of = [&metrics](const char* metric) {
    return [&value = metrics.at(metric).value](const ResultRow& row) -> std::optional<double> {
      if (row.sums.tokens == 0) return std::nullopt;  // nothing of the text is there yet
      return value(row.sums);
    };
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
      [share = value_of("top1_agreement")](const ResultRow& row) {
        std::optional<double> value = share(row);
        if (value) *value *= 100.0;
        return value;
      },
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
  const WindowSums& sums = model.first_row().sums;
  return fmt::format("{}: {} tokens scored in {} {}", printable(model.model), sums.tokens,
                     sums.window, sums.window == 1 ? "window" : "windows");
}

std::string text_table(const std::vector<ModelLines>& models, Index columns) {
  const MetricRegistry metrics = MetricRegistry::builtin();
  TextTable table({"ppl", "Δnll", "KL", "same\ntop-1 %", "rel. L2\nweights", "rel. L2\ninputs"});
  for (const ModelLines& model : models) {
    table.add_section(heading(model));
    for (const ResultLine& line : model.lines)
      table.add_row(line.label(), cells(line, model.baseline, metrics));
  }
  return table.render(columns);
}

constexpr const char* kTextLegend =
    "ppl: perplexity. Δnll: negative log-likelihood minus the baseline's, nats per token. "
    "KL: KL(baseline‖trial) of the next-token distributions, nats per token. same top-1: "
    "positions where both find the same token most probable. rel. L2: ‖δ‖/‖x‖ over all "
    "distorted weights or inputs. ±: standard deviation over seeds.";

/// ", 1 of 2 windows" where fewer are there than the baseline has.
std::string missing(Index count, Index of, const char* what) {
  return count < of ? fmt::format(", {} of {} {}", count, of, what) : "";
}

/// One line for each row that failed, and for each that has not got through everything yet.
std::string remarks(const std::vector<ModelLines>& models) {
  std::string text;
  for (const ModelLines& model : models) {
    for (const ResultLine& line : model.lines) {
      for (const ResultRow* row : line.rows) {
        std::string name = fmt::format("{}: {}", printable(model.model), condition_text(row->key));
        if (line.seeds() > 1) name += fmt::format(" (seed {})", *row->key.seed);
        if (row->failed()) {
          text += fmt::format("{}: failed: {}\n", name, printable(row->error));
          continue;
        }
        if (model.baseline == nullptr) continue;
        const std::string left =
            missing(row->sums.window, model.baseline->sums.window, "windows") +
            missing(std::ssize(row->questions), std::ssize(model.baseline->questions), "questions");
        if (!left.empty()) text += fmt::format("{}: unfinished{}\n", name, left);
      }
    }
  }
  return text.empty() ? "" : '\n' + text;
}

bool has_text(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow& row) { return row.sums.window > 0; });
}

}  // namespace

std::string results_table(const std::vector<ResultRow>& rows, Index columns,
                          const std::vector<TaskHeading>& tasks) {
  const std::vector<ModelLines> models = group_rows(rows);
  const bool text = tasks.empty() || has_text(rows);
  std::string tables = text ? text_table(models, columns) : "";
  if (!tasks.empty()) tables += (text ? "\n" : "") + task_table(models, tasks, columns);
  tables += remarks(models);
  if (text) tables += legend_text(kTextLegend, columns);
  if (!tasks.empty()) tables += legend_text(kTaskLegend, columns);
  return tables;
}

}  // namespace nf
