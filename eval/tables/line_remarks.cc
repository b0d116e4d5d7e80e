#include "eval/tables/line_remarks.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/printable.h"
#include "eval/output/number_text.h"
#include "eval/results/figures.h"
#include "eval/results/seen_text.h"
#include "eval/tables/chosen_groups.h"

namespace nf {
namespace {

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

/// The table marks the KL of at least one line.
bool has_floor_marks(const ModelLines& model) {
  return std::any_of(model.lines.begin(), model.lines.end(), [&model](const ResultLine& line) {
    const std::vector<const ResultRow*> samples = line.samples();
    if (line.key().name == "baseline" || samples.empty() || !samples.front()->kl_floor)
      return false;
    const auto kl = figure_mean(kl_figure(), samples, model.baseline);
    return kl && is_below_floor(*kl, *samples.front()->kl_floor);
  });
}

/// The remark on how large a KL rounding alone makes, and on the marks where there are any.
std::string floor_of(const ModelLines& model) {
  const std::optional<double> floor = model.first_row().kl_floor;
  if (!floor) return "";
  const std::string marks =
      has_floor_marks(model)
          ? fmt::format("; {} marks a KL below {:.0f} times that", '*', kFloorsToTrust)
          : "";
  return fmt::format("{}: rounding alone makes a KL of {} (kl_floor){}\n", printable(model.model),
                     figure_number(*floor), marks);
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

/// The remark on the lines whose calibration has seen what is evaluated.
std::string seen_remark(const ModelLines& model) {
  std::vector<const ResultLine*> lines;
  for (const ResultLine& line : model.lines) lines.push_back(&line);
  const std::string text = seen_text(model.model, lines);
  return text.empty() ? "" : text + '\n';
}

/// The remark on a row by itself; empty of a finished one.
std::string row_remark(const ResultRow& row, const ResultLine& line, const ResultRow* baseline) {
  const std::string left = is_factorial_run(line) ? "" : missing_text(row, baseline);
  if (!row.failed() && left.empty()) return "";
  std::string name = fmt::format("{}: {}", printable(row.key.model), condition_text(row.key));
  if (line.seeds() > 1) name += fmt::format(" (seed {})", *row.key.seed);
  return row.failed() ? fmt::format("{}: failed: {}\n", name, printable(row.error))
                      : fmt::format("{}: unfinished{}\n", name, left);
}

/// A line for each row that failed or has not got through everything yet, but not for hundreds.
std::string row_remarks(const ModelLines& model) {
  constexpr Index kMostTold = 10;
  Index told = 0, more = 0;
  std::string text;
  for (const ResultLine& line : model.lines) {
    for (const ResultRow* row : line.rows) {
      const std::string remark = row_remark(*row, line, model.baseline);
      if (remark.empty()) continue;
      if (told < kMostTold)
        text += remark;
      else
        ++more;
      ++told;
    }
  }
  if (more > 0)
    text += fmt::format("{}: and {} more rows that failed or are unfinished\n",
                        printable(model.model), more);
  return text;
}

}  // namespace

std::string line_remarks(const std::vector<ModelLines>& models,
                         const std::vector<TaskHeading>& tasks) {
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
    text += chosen_groups(model);
    text += seen_remark(model);
    text += floor_of(model);
    text += row_remarks(model);
  }
  return text.empty() ? "" : '\n' + text;
}

}  // namespace nf
