#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/counted.h"
#include "eval/analysis/twin_ratios.h"
#include "eval/output/number_text.h"
#include "eval/records/env_arithmetic.h"
#include "eval/records/mixed_env.h"
#include "eval/report/html.h"
#include "eval/report/report_lines.h"
#include "eval/report/run_state.h"
#include "eval/report/section.h"
#include "eval/results/figures.h"
#include "eval/results/seen_text.h"

namespace nf {
namespace {

constexpr std::size_t kMostFailures = 10;

/// The lines of trials that have a KL.
std::vector<const ResultLine*> measured_lines(const ModelLines& model) {
  std::vector<const ResultLine*> lines;
  for (const ResultLine& line : model.lines)
    if (line.key().name != "baseline" && !line.samples().empty()) lines.push_back(&line);
  return lines;
}

/// arithmetic: env_arithmetic().
std::string floor_text(const ModelLines& model, const std::string& arithmetic) {
  const std::string in_other =
      arithmetic.empty()
          ? ""
          : fmt::format(
                "All matrix products, the baseline's too, took operands rounded to {} "
                "(arithmetic: {}). ",
                arithmetic, arithmetic);
  const std::optional<double> floor = model.first_row().kl_floor;
  if (!floor) return in_other + "The floor of the arithmetic was not measured.";
  Index below = 0;
  for (const ResultLine* line : measured_lines(model)) {
    const auto kl = figure_mean(kl_figure(), line->samples(), model.baseline);
    if (kl && is_below_floor(*kl, *floor)) ++below;
  }
  return fmt::format(
      "{}The floor of the arithmetic: {} alone makes a KL of {} nats per token. {}", in_other,
      arithmetic.empty() ? "rounding" : "against f32, that", figure_number(*floor),
      below == 0 ? fmt::format("No trial lies below {:g} times that.", kFloorsToTrust)
                 : fmt::format("{} of the trials lie below {:g} times that and may be rounding.",
                               below, kFloorsToTrust));
}

std::string overlap_text(const ModelLines& model) {
  std::vector<const ResultLine*> lines;
  for (const ResultLine& line : model.lines) lines.push_back(&line);
  const std::string seen = seen_text(model.model, lines);
  return "Overlap of texts: " +
         (seen.empty() ? "no trial was made from calibration text that shares 64 or more tokens in "
                         "a row with what is evaluated."
                       : seen + ".");
}

/// "window/1", of the records.
std::string convention_of(const ReportPart& part) {
  for (const Record& record : part.run->contents.records)
    if (record.model == part.model->model && !record.convention.empty()) return record.convention;
  return "";
}

std::string text_text(const ReportPart& part) {
  const ResultRow& first = part.model->first_row();
  const std::string convention = convention_of(part);
  if (convention.empty()) return "No text was evaluated.";
  const ModelIdentity* const model =
      find_sized_model(part.run->contents.manifest.models, part.model->model);
  return fmt::format(
      "Perplexity is of convention {}: {} scored tokens in {} windows{}. Perplexities of other "
      "conventions, contexts or tokenizers are other figures.",
      convention, first.text.sums.tokens, first.text.windows,
      model != nullptr && first.text.windows < model->windows
          ? fmt::format(" of {} so far", model->windows)
          : "");
}

std::string blocks_text(const ModelLines& model) {
  if (model.baseline == nullptr) return "The baseline is missing: nothing can be compared with it.";
  const auto kl = estimate_figure(kl_figure(), {model.baseline}, model.baseline);
  if (!kl) return "";
  const bool documents =
      !model.baseline->windows.empty() && model.baseline->windows.front().document >= 0;
  return fmt::format(
      "Intervals are at 95 %, over {} {} of text as blocks, and over seeds where a trial has "
      "several{}. They speak of text like this one.",
      kl->mean.blocks, documents ? "documents" : "windows",
      kl->mean.blocks < kFewestBlocks
          ? fmt::format("; of fewer than {} blocks there are none", kFewestBlocks)
          : "");
}

/// Families of tests on the page and how they are adjusted.
std::string comparisons_text(const ModelLines& model) {
  Index tested = 0, twins = 0;
  for (const ResultLine* line : measured_lines(model))
    if (const auto estimate = estimate_figure(delta_nll_figure(), line->samples(), model.baseline);
        estimate && p_value(estimate->mean))
      ++tested;
  for (const TwinGroup& group : twin_groups(model)) twins += std::ssize(group.twins);
  std::vector<std::string> parts = {
      fmt::format("{} trial{} tested against the baseline in ΔNLL, as one family", tested,
                  tested == 1 ? " is" : "s are")};
  if (twins > 0)
    parts.push_back(counted(twins, "twin") + " against their trials, each trial's a family");
  return fmt::format(
      "Comparisons: {}; p-values are adjusted by Holm within each, and so are those of the other "
      "sections within theirs. Intervals are not adjusted: of twenty true nulls one is expected to "
      "lie outside its own.",
      fmt::join(parts, "; "));
}

std::string seeds_text(const ModelLines& model) {
  std::vector<const ResultLine*> lines = measured_lines(model);
  const auto several = std::count_if(lines.begin(), lines.end(), [](const ResultLine* line) {
    return line->samples().size() > 1;
  });
  return fmt::format(
      "{} of {} trials have several seeds; the interval of one that draws and has a single seed "
      "speaks of that draw alone.",
      several, lines.size());
}

/// What a reader must know of one model's figures.
std::vector<std::string> remarks_of(const ReportPart& part) {
  const ModelLines& model = *part.model;
  std::vector<std::string> remarks = {
      floor_text(model, env_arithmetic(part.run->contents.manifest.env)),
      overlap_text(model),
      text_text(part),
      blocks_text(model),
      comparisons_text(model),
      seeds_text(model)};
  std::erase(remarks, "");
  return remarks;
}

void add_run(const ReportRun& run, bool several, HtmlFragment& html) {
  std::vector<std::string> items = {(several ? run.name + ": " : "") + state_sentence(run)};
  const std::vector<std::string> failures = failures_of(run, kMostFailures);
  items.push_back(failures.empty() ? "Nothing failed." : "Failed:");
  for (const std::string& failure : failures) items.push_back(failure);
  if (const std::string mixed = mixed_env_text(run.contents.manifest); !mixed.empty())
    items.push_back(mixed + ".");
  html.list(items);
}

std::optional<Section> make_section(const ReportInput& input) {
  HtmlFragment html;
  for (const ReportRun& run : input.runs) add_run(run, input.runs.size() > 1, html);
  for (const ReportPart& part : parts_of(input)) {
    if (!part.heading.empty()) html.heading(part.heading);
    html.list(remarks_of(part));
  }
  if (html.text().empty()) return std::nullopt;
  html.paragraph(
      "Damage is measured where a text is read, not where one is written: it says nothing of "
      "generated answers.");
  return Section{.id = "honesty", .title = "What to keep in mind", .html = html.text()};
}

}  // namespace

void register_honesty(SectionRegistry& registry) {
  registry.add({.id = "honesty", .order = 120, .make = make_section});
}

}  // namespace nf
