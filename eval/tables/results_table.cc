#include "eval/tables/results_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/base/printable.h"
#include "eval/output/number_text.h"
#include "eval/output/table.h"
#include "eval/results/figures.h"
#include "eval/results/result_lines.h"
#include "eval/tables/line_rows.h"
#include "eval/tables/task_table.h"

namespace nf {
namespace {

constexpr int kPerplexityDecimals = 2;
constexpr int kPercentDecimals = 2;
constexpr char kFloorMark = '*';

/// Mean of one figure over the seeds.
TableCell cell(const std::vector<const ResultRow*>& samples,
               const std::function<std::optional<double>(const ResultRow&)>& figure,
               const std::function<std::string(double)>& format) {
  std::vector<double> values;
  for (const ResultRow* row : samples)
    if (const std::optional<double> value = figure(*row)) values.push_back(*value);
  if (values.empty()) return {};
  double mean = 0.0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  return {.value = format(mean), .spread = {}};
}

/// KL, marked where it is below the floor.
TableCell kl_cell(const std::vector<const ResultRow*>& samples, const ResultRow* baseline) {
  const std::optional<FigureEstimate> kl = estimate_figure(kl_figure(), samples, baseline);
  TableCell cell = interval_cell(kl, 1.0, figure_number);
  const std::optional<double> floor = samples.front()->kl_floor;
  if (kl && floor && is_below_floor(kl->mean.mean, *floor)) cell.value += kFloorMark;
  return cell;
}

std::vector<TableCell> cells(const ResultLine& line, const ResultRow* baseline,
                             const MetricRegistry& metrics) {
  const std::vector<const ResultRow*> samples = line.samples();
  if (samples.empty()) return {{"failed", ""}, {}, {}, {}, {}, {}};
  const auto value_of = [&metrics](const char* metric) {
    return [&value = metrics.at(metric).value](const ResultRow& row) -> std::optional<double> {
      if (row.text.sums.tokens == 0) return std::nullopt;  // nothing of the text is there yet
      return value(row.text);
    };
  };
  // A perplexity over other windows than the baseline's compares with nothing.
  const bool stopped =
      std::any_of(samples.begin(), samples.end(), [baseline](const ResultRow* row) {
        return row->stop && baseline != nullptr && row->text.windows < baseline->text.windows;
      });
  const TableCell ppl =
      stopped ? TableCell{"stopped", ""} : cell(samples, value_of("ppl"), [](double value) {
        return fixed_number(value, kPerplexityDecimals);
      });
  if (line.key().name == "baseline") return {ppl, {}, {}, {}, {}, {}};
  const TableCell nll_difference =
      interval_cell(estimate_figure(delta_nll_figure(), samples, baseline), 1.0, signed_figure);
  const TableCell kl = kl_cell(samples, baseline);
  const TableCell top1 =
      interval_cell(estimate_figure(delta_top1_figure(), samples, baseline), 100.0,
                    [](double change) { return fixed_number(100.0 + change, kPercentDecimals); });
  const auto relative_l2 = [&samples](std::optional<double> ResultRow::*figure) {
    constexpr int kDigits = 3;
    const TableCell mean = cell(
        samples, [&](const ResultRow& row) { return row.*figure; },
        [](double value) { return short_number(value, kDigits); });
    return TableCell{mean.value, ""};  // asked for, not measured: no spread
  };
  return {ppl,
          nll_difference,
          kl,
          top1,
          relative_l2(&ResultRow::relative_l2_weight),
          relative_l2(&ResultRow::relative_l2_input)};
}

std::string heading(const ModelLines& model) {
  const TextSums& text = model.first_row().text;
  return fmt::format("{}: {} tokens scored in {} {}", printable(model.model), text.sums.tokens,
                     text.windows, text.windows == 1 ? "window" : "windows");
}

std::string text_table(const std::vector<ModelLines>& models, const MetricRegistry& metrics,
                       Index columns) {
  TextTable table({"ppl", "Δnll", "KL", "same\ntop-1 %", "rel. L2\nweights", "rel. L2\ninputs"});
  for (const ModelLines& model : models) {
    table.add_section(heading(model));
    add_lines(
        model, [&](const ResultLine& line) { return cells(line, model.baseline, metrics); }, table);
  }
  return table.render(columns);
}

constexpr const char* kBaselineLegend = "ppl: perplexity.";
constexpr const char* kTextLegend =
    "ppl: perplexity. Δnll: negative log-likelihood minus the baseline's, nats per token. "
    "KL: KL(baseline‖trial) of the next-token distributions, nats per token. same top-1: "
    "positions where both find the same token most probable. rel. L2: ‖δ‖/‖x‖ over all "
    "distorted weights or inputs. ±: the 95 % interval over text and seeds, its longer side; "
    "none of fewer than 8 windows or documents.";

/// The remark that a model's lines have no intervals of a figure because even the baseline has too
/// few blocks. Lines with fewer blocks than it are unfinished, which is said anyway.
std::string too_few_blocks(const ModelLines& model, const Figure& figure, const std::string& what) {
  const auto of_baseline = model.baseline == nullptr
                               ? std::nullopt
                               : estimate_figure(figure, {model.baseline}, model.baseline);
  if (!of_baseline || of_baseline->mean.blocks >= kFewestBlocks) return "";
  return fmt::format("{}: no 95 % interval{}: {}\n", printable(model.model), what,
                     of_baseline->note);
}

/// The remark on how many lines have an interval of a figure that few blocks make.
std::string rough_intervals(const ModelLines& model, const Figure& figure,
                            const std::string& what) {
  Index count = 0;
  for (const ResultLine& line : model.lines) {
    if (line.key().name == "baseline" || is_factorial_run(line)) continue;
    const auto estimate = estimate_figure(figure, line.samples(), model.baseline);
    count += estimate && estimate->rough ? 1 : 0;
  }
  if (count == 0) return "";
  return fmt::format("{}: ± of {} is rough in {}: fewer than {} {}\n", printable(model.model), what,
                     count == 1 ? "1 line" : fmt::format("{} lines", count), kFewestBlocks,
                     figure.of_text ? "blocks of text differ" : "questions changed");
}

/// The remark on how large a KL rounding alone makes.
std::string floor_of(const ModelLines& model) {
  const std::optional<double> floor = model.first_row().kl_floor;
  if (!floor) return "";
  return fmt::format(
      "{}: rounding alone makes a KL of {} (kl_floor); {} marks a KL below {:.0f} "
      "times that\n",
      printable(model.model), figure_number(*floor), kFloorMark, kFloorsToTrust);
}

/// The remark on how many rows ended early, and after how much text.
std::string stopped_rows(const ModelLines& model) {
  Index count = 0, least = 0, most = 0;
  for (const ResultLine& line : model.lines) {
    for (const ResultRow* row : line.rows) {
      if (!row->stop || model.baseline == nullptr ||
          row->text.windows >= model.baseline->text.windows)
        continue;
      least = count == 0 ? row->stop->blocks : std::min(least, row->stop->blocks);
      most = std::max(most, row->stop->blocks);
      ++count;
    }
  }
  if (count == 0) return "";
  return fmt::format(
      "{}: {} stopped, KL known well enough, after {} blocks of text; they saw other "
      "text than the rest\n",
      printable(model.model), count == 1 ? "1 trial" : fmt::format("{} trials", count),
      least == most ? std::to_string(least) : fmt::format("{} to {}", least, most));
}

/// One line for each row that failed, and for each that has not got through everything yet.
std::string remarks(const std::vector<ModelLines>& models, const std::vector<TaskHeading>& tasks) {
  std::string text;
  for (const ModelLines& model : models) {
    text += too_few_blocks(model, kl_figure(), "");
    for (const TaskHeading& task : tasks)
      text += too_few_blocks(model, delta_accuracy_figure(task), " of " + task.name);
    text += rough_intervals(model, delta_top1_figure(), "same top-1");
    for (const TaskHeading& task : tasks)
      text +=
          rough_intervals(model, delta_accuracy_figure(task), "Δacc of " + printable(task.name));
    text += stopped_rows(model);
    text += floor_of(model);
    for (const ResultLine& line : model.lines) {
      for (const ResultRow* row : line.rows) {
        std::string name = fmt::format("{}: {}", printable(model.model), condition_text(row->key));
        if (line.seeds() > 1) name += fmt::format(" (seed {})", *row->key.seed);
        if (row->failed()) {
          text += fmt::format("{}: failed: {}\n", name, printable(row->error));
          continue;
        }
        const std::string left = missing_text(*row, model.baseline);
        if (!left.empty() && !is_factorial_run(line))
          text += fmt::format("{}: unfinished{}\n", name, left);
      }
    }
  }
  return text.empty() ? "" : '\n' + text;
}

bool has_text(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow& row) { return row.text.windows > 0; });
}

bool has_trials(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow& row) { return row.key.name != "baseline"; });
}

}  // namespace

std::string results_table(const std::vector<ResultRow>& rows, const MetricRegistry& metrics,
                          Index columns, const std::vector<TaskHeading>& tasks,
                          const FollowedSearches* searches) {
  std::vector<ModelLines> models = group_rows(rows);
  mark_searches(searches, models);
  const bool text = tasks.empty() || has_text(rows);
  std::string tables = text ? text_table(models, metrics, columns) : "";
  if (!tasks.empty()) tables += (text ? "\n" : "") + task_table(models, tasks, columns);
  tables += remarks(models, tasks);
  if (text) tables += legend_text(has_trials(rows) ? kTextLegend : kBaselineLegend, columns);
  if (!tasks.empty()) tables += legend_text(kTaskLegend, columns);
  return tables;
}

}  // namespace nf
