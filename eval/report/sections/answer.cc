#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/base/error.h"
#include "eval/analysis/compare.h"
#include "eval/analysis/grid_pairs.h"
#include "eval/analysis/noise_pairs.h"
#include "eval/design/twin_words.h"
#include "eval/output/number_text.h"
#include "eval/report/equal_size_sentences.h"
#include "eval/report/grid_sentences.h"
#include "eval/report/html.h"
#include "eval/report/page_league.h"
#include "eval/report/ratio_plot.h"
#include "eval/report/report_lines.h"
#include "eval/report/section.h"
#include "eval/report/without_paths.h"
#include "eval/results/figures.h"
#include "eval/tables/design_findings.h"
#include "eval/tables/finding.h"
#include "eval/tables/search_findings.h"
#include "eval/tables/twin_findings.h"

namespace nf {
namespace {

// A reader in a hurry has room for so many sentences; the tables of the program have the rest.
constexpr std::size_t kMostSentences = 8, kMostTrials = 60;

/// A line with its KL.
struct KnownLine {
  std::string label;
  FigureEstimate kl{};
};

std::vector<KnownLine> known_lines(const ModelLines& model) {
  std::vector<KnownLine> lines;
  for (const ResultLine& line : model.lines) {
    if (line.key().name == "baseline") continue;
    std::optional<FigureEstimate> kl = estimate_figure(kl_figure(), line.samples(), model.baseline);
    if (kl) lines.push_back({.label = line.label(), .kl = std::move(*kl)});
  }
  return lines;
}

std::string kl_text(const FigureEstimate& kl) {
  if (kl.mean.mean == 0.0) return "0";
  if (!kl.interval) return interval_text(kl.mean.mean, std::nullopt, std::nullopt, kl.note);
  return interval_text(kl.mean.mean, kl.interval->low, kl.interval->high, "");
}

/// The ends of the ranking, and whether it is one.
std::string range_sentence(const std::vector<KnownLine>& lines) {
  const auto [mildest, worst] = std::minmax_element(
      lines.begin(), lines.end(),
      [](const KnownLine& a, const KnownLine& b) { return a.kl.mean.mean < b.kl.mean.mean; });
  if (lines.size() == 1)
    return fmt::format("{} has a KL of {} nats per token.", lines.front().label,
                       kl_text(lines.front().kl));
  return fmt::format(
      "Of {} trials {} does the least damage, KL {} nats per token, and {} the most, {}{}.",
      lines.size(), mildest->label, kl_text(mildest->kl), worst->label, kl_text(worst->kl),
      overlap(mildest->kl, worst->kl) ? "; their intervals overlap" : "");
}

std::string verb_of(Verdict verdict) {
  if (verdict == Verdict::better) return "beats";
  if (verdict == Verdict::worse) return "loses to";
  return verdict == Verdict::same ? "is equal to" : "is not shown to differ from";
}

/// "w4-cuberoot beats w4-uniform: KL −83 % [−85, −81] (p 1e-5, Holm)".
std::string comparison_sentence(const LineComparison& line) {
  const ComparedFigure& figure = line.figures.front();
  std::string text =
      fmt::format("{} {} {}", line.trial_label, verb_of(figure.verdict), line.against_label);
  if (figure.ratio && figure.ratio->ratio)
    text += ": KL " + change_text(*figure.ratio->ratio, figure.ratio->interval);
  else
    text += fmt::format(": ΔKL {}", signed_figure(figure.difference.mean.mean));
  if (figure.p_holm) text += fmt::format(", p {} after Holm", short_number(*figure.p_holm, 2));
  return text + (figure.note.empty() ? "" : " (" + figure.note + ")");
}

/// Names of trials by the variables that they sweep: only trials that ask the same questions are
/// compared by themselves.
std::map<std::set<std::string>, std::vector<std::string>> comparable_names(
    const std::vector<RowKey>& keys) {
  std::map<std::string, std::set<std::string>> variables;
  for (const RowKey& key : keys)
    for (const auto& [variable, value] : key.vars.items())
      if (variable != kTwinVariable) variables[key.name].insert(variable);
  std::map<std::set<std::string>, std::vector<std::string>> names;
  for (const std::string& name : trial_names(keys)) names[variables[name]].push_back(name);
  return names;
}

/// Trials that sweep the same variables, each compared with the first of them where their sweep
/// points are the same. Twins have sentences of their own.
std::vector<TrialComparison> compared(const ReportRun& run) {
  std::vector<RowKey> keys;
  std::copy_if(run.keys.begin(), run.keys.end(), std::back_inserter(keys),
               [](const RowKey& key) { return !is_twin(key); });
  std::vector<TrialComparison> comparisons;
  for (const auto& [variables, names] : comparable_names(keys)) {
    if (names.size() < 2 || names.size() > kMostTrials) continue;
    std::vector<TrialSelector> selectors;
    for (const std::string& name : names) {
      const bool has_twins = std::any_of(run.keys.begin(), run.keys.end(), [&](const RowKey& key) {
        return key.name == name && key.vars.contains(kTwinVariable);
      });
      TrialSelector& selector = selectors.emplace_back(TrialSelector{.text = name, .name = name});
      if (has_twins) selector.values.emplace(kTwinVariable, "");
    }
    try {
      comparisons.push_back(compare_trials(run.rows, keys, run.contents.manifest.tasks, selectors,
                                           run.contents.manifest.models,
                                           {.figures = {"kl"}, .ratio = true, .bootstrap = false}));
    } catch (const ConfigError&) {  // no two lines of them can be compared
    }
  }
  return comparisons;
}

std::vector<const LineComparison*> comparisons_of(const TrialComparison& comparison,
                                                  const std::string& model) {
  std::vector<const LineComparison*> lines;
  for (const ModelComparison& each : comparison.models)
    if (each.model == model)
      for (const LineComparison& line : each.lines)
        if (!line.figures.empty()) lines.push_back(&line);
  return lines;
}

double strength_of(const LineComparison& line) {
  const std::optional<MeanRatio>& ratio = line.figures.front().ratio;
  return ratio && ratio->ratio && *ratio->ratio > 0.0 ? std::abs(std::log(*ratio->ratio)) : 0.0;
}

std::size_t count_of(const std::vector<const LineComparison*>& lines, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(),
      [verdict](const LineComparison* line) { return line->figures.front().verdict == verdict; }));
}

/// The sentence on comparisons of which none is shown.
std::string undecided_sentence(const std::vector<const LineComparison*>& lines,
                               const std::string& against) {
  const auto count = [&lines](auto&& is) {
    return std::count_if(lines.begin(), lines.end(), [&is](const LineComparison* line) {
      return is(line->figures.front().interval);
    });
  };
  const auto all = std::ssize(lines);
  if (count([](const auto& interval) { return interval.has_value(); }) == 0)
    return fmt::format(
        "None of {} differences from {} has an interval: this comparison decides nothing.", all,
        against);
  const auto has_zero = [](const auto& interval) {
    return interval && interval->low <= 0.0 && interval->high >= 0.0;
  };
  if (count(has_zero) == all)
    return fmt::format("All {} differences from {} include zero: this comparison decides nothing.",
                       all, against);
  return fmt::format(
      "None of {} differences from {} is shown once all are counted (Holm): this comparison "
      "decides "
      "nothing.",
      all, against);
}

void add_comparisons(std::vector<const LineComparison*> lines, const std::string& against,
                     HtmlFragment& html) {
  if (lines.empty()) return;
  const std::size_t better = count_of(lines, Verdict::better),
                    worse = count_of(lines, Verdict::worse);
  if (better + worse == 0 && lines.size() > 1)
    html.headline(undecided_sentence(lines, against));
  else if (lines.size() > 1)
    html.paragraph(fmt::format(
        "Against {}, over the same text and seeds: of {} comparisons {} are milder, {} more "
        "harmful, {} not told apart.",
        against, lines.size(), better, worse, lines.size() - better - worse));
  std::stable_sort(lines.begin(), lines.end(),
                   [](const LineComparison* a, const LineComparison* b) {
                     return strength_of(*a) > strength_of(*b);
                   });
  std::vector<std::string> items;
  for (const LineComparison* line : lines)
    if (items.size() < kMostSentences) items.push_back(comparison_sentence(*line));
  html.list(items);
  if (lines.size() > kMostSentences)
    html.paragraph(
        fmt::format("These are the {} largest of {} differences; noisefloor compare "
                    "has all.",
                    kMostSentences, lines.size()));
}

/// The questions that pairs of trials ask by themselves: another grid, or another error of one
/// size.
void add_pairs(const ModelLines& model, HtmlFragment& html) {
  const std::vector<GridPair> grids = grid_pairs(model);
  if (!grids.empty()) html.list(grid_sentences(grids, model));
  const std::vector<NoisePair> noises = noise_pairs(model);
  if (!noises.empty()) html.list(equal_size_sentences(noises));
}

void add_findings(const std::vector<Finding>& findings, HtmlFragment& html) {
  std::vector<std::string> items;
  for (const Finding& finding : findings)
    if (items.size() < kMostSentences)
      items.push_back(fmt::format("{}: {}.", finding.label, fmt::join(finding.lines, "; ")));
  if (items.empty()) return;
  html.list(items);
  if (findings.size() > items.size())
    html.paragraph(fmt::format("These are the first {} of {} findings; noisefloor show has all.",
                               items.size(), findings.size()));
}

/// "All 2 trials failed: ..."; none where one has not.
std::optional<std::string> failure_sentence(const ModelLines& model) {
  Index trials = 0;
  const ResultRow* first = nullptr;
  for (const ResultLine& line : model.lines) {
    if (line.key().name == "baseline") continue;
    if (!line.samples().empty()) return std::nullopt;
    ++trials;
    if (first == nullptr) first = line.rows.front();
  }
  if (first == nullptr || !first->failed()) return std::nullopt;
  const std::string error = without_paths(first->error);
  return trials == 1 ? fmt::format("The trial failed: {}", error)
                     : fmt::format("All {} trials failed, the first of them: {}", trials, error);
}

/// What a task's questions say: the untouched model, and the trials that answer most and fewest.
void add_task(const TaskHeading& task, const ModelLines& model, HtmlFragment& html) {
  const Figure figure = delta_accuracy_figure(task);
  const ResultLine *most = nullptr, *fewest = nullptr;
  std::optional<FigureEstimate> best, worst;
  for (const ResultLine& line : model.lines) {
    if (line.key().name == "baseline") continue;
    std::optional<FigureEstimate> change = estimate_figure(figure, line.samples(), model.baseline);
    if (!change) continue;
    if (!best || change->mean.mean > best->mean.mean) best = change, most = &line;
    if (!worst || change->mean.mean < worst->mean.mean) worst = change, fewest = &line;
  }
  if (!best) return;
  const auto told = [](const ResultLine& line, const FigureEstimate& change) {
    const double points = 100.0;
    const std::string mean = signed_figure(points * change.mean.mean);
    return fmt::format("{} {}{}", line.label(), mean,
                       change.interval
                           ? fmt::format(" [{}, {}]", signed_figure(points * change.interval->low),
                                         signed_figure(points * change.interval->high))
                           : "");
  };
  std::string text = fmt::format(
      "{}: of 100 questions, answered right beyond those of the untouched "
      "model: {}",
      task.name, told(*most, *best));
  if (most != fewest) text += fmt::format(" (most); {} (fewest)", told(*fewest, *worst));
  html.paragraph(text + ".");
}

bool add_part(const ReportPart& part, const std::vector<TrialComparison>& comparisons,
              HtmlFragment& html) {
  HtmlFragment own;
  const std::vector<KnownLine> lines = known_lines(*part.model);
  if (!lines.empty()) own.headline(range_sentence(lines));
  if (const auto failure = failure_sentence(*part.model)) own.headline(*failure);
  for (const TaskHeading& task : part.run->contents.manifest.tasks)
    add_task(task, *part.model, own);
  if (own.text().empty()) return false;
  if (!part.heading.empty()) html.heading(part.heading);
  html.append(own);
  if (lines.empty()) return true;
  for (const TrialComparison& comparison : comparisons)
    add_comparisons(comparisons_of(comparison, part.model->model), comparison.against, html);
  add_pairs(*part.model, html);
  add_findings(search_findings(part.run->searches, part.model->model, part.model->baseline), html);
  add_findings(design_findings(*part.model, part.run->keys), html);
  add_findings(twin_findings(*part.model), html);
  return true;
}

/// What predicts the damage, in the words of its section.
void add_league(const ReportInput& input, HtmlFragment& html) {
  const std::shared_ptr<const PageLeague> page = page_league(input);
  if (page == nullptr) return;
  const std::vector<std::string> answers = league_answers(*page);
  if (answers.empty()) return;
  html.heading("What predicts KL");
  html.list(answers);
}

std::optional<Section> make(const ReportInput& input) {
  HtmlFragment html;
  bool any = false;
  const ReportRun* run = nullptr;
  std::vector<TrialComparison> comparisons;
  for (const ReportPart& part : parts_of(input)) {
    if (part.run != run) comparisons = compared(*part.run);
    run = part.run;
    any |= add_part(part, comparisons, html);
  }
  if (!any) return std::nullopt;
  add_league(input, html);
  return Section{.id = "answer", .title = "The answer", .html = html.text()};
}

}  // namespace

void register_answer(SectionRegistry& registry) {
  registry.add({.id = "answer", .order = 10, .make = make});
}

}  // namespace nf
