#include "eval/analysis/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/printable.h"
#include "eval/analysis/compare_lines.h"
#include "eval/results/figures.h"
#include "eval/results/row_fields.h"
#include "eval/stats/block_bootstrap.h"
#include "eval/stats/confidence_sequence.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

constexpr double kLevel = 0.05;

/// A figure under the name of its mean: two lines differ in the mean as their differences to the
/// baseline do.
struct MeanFigure {
  std::string name;
  Figure to_baseline;  ///< the difference
  bool higher_is_better = false;
};

std::vector<MeanFigure> mean_figures(const std::vector<TaskHeading>& tasks) {
  std::vector<MeanFigure> figures;
  for (const SummedFigure& figure : window_figures())
    if (figure.difference != nullptr)
      figures.push_back({figure.mean, text_figure(figure), figure.higher_is_better});
  for (const TaskHeading& task : tasks)
    figures.push_back({task.name + "_acc", delta_accuracy_figure(task), true});
  return figures;
}

Index block_count(const MeanFigure& figure, const ResultRow& row) {
  return std::ssize(figure.to_baseline.blocks(row, row));
}

bool same_condition(const SeedPairs& rows) {
  std::set<std::string> against, trial;
  for (const ResultRow* row : rows.against) against.insert(row->key.id);
  for (const ResultRow* row : rows.trial) trial.insert(row->key.id);
  return against == trial;
}

/// None where rows and baseline share no block. equal: the rows are, bit for bit.
std::optional<ComparedFigure> compare_figure(const MeanFigure& figure, const SeedPairs& rows,
                                             const ResultRow& baseline, bool equal) {
  std::vector<const ResultRow*> all = rows.against;
  all.insert(all.end(), rows.trial.begin(), rows.trial.end());
  const std::vector<BlockSums> blocks =
      common_blocks(figure_blocks(figure.to_baseline, all, baseline));
  if (blocks.front().empty()) return std::nullopt;
  const std::span against(blocks.data(), rows.against.size());
  const std::span trial(blocks.data() + rows.against.size(), rows.trial.size());
  ComparedFigure compared{.name = figure.name,
                          .of_text = figure.to_baseline.of_text,
                          .higher_is_better = figure.higher_is_better,
                          .difference = rows.pairing == SeedPairing::apart
                                            ? difference_of_groups(against, trial)
                                            : difference_of_pairs(against, trial),
                          .all_blocks = block_count(figure, baseline)};
  compared.difference.watched = is_watched(figure.to_baseline, all);
  compared.interval = interval_of(compared.difference);
  compared.p = p_value(compared.difference);
  if (same_condition(rows) || equal) {
    compared.verdict = Verdict::same;
    compared.note = same_condition(rows) ? "one condition" : "equal bit for bit";
  } else if (!compared.interval) {
    compared.note = why_no_interval(compared.difference);
  } else {
    compared.verdict = Verdict::not_shown;
    compared.note = why_rough(compared.difference.text);
    compared.rough = !compared.note.empty();
    if (compared.difference.watched) compared.note = kSequenceNote;
  }
  return compared;
}

LineComparison compare_lines(const ComparedLines& pair, const ResultRow& baseline,
                             const std::vector<MeanFigure>& figures) {
  const SeedPairs rows = pair_seeds(*pair.against, *pair.trial);
  const RowKey &against = pair.against->key(), &trial = pair.trial->key();
  LineComparison comparison{.against = pooled_key(rows.against),
                            .trial = pooled_key(rows.trial),
                            .against_label = pair.against->label(),
                            .trial_label = pair.trial->label(),
                            .against_rest = rest_of_point(against, trial),
                            .against_seeds = std::ssize(rows.against),
                            .trial_seeds = std::ssize(rows.trial),
                            .pairing = rows.pairing,
                            .text = shared_text(rows, baseline)};
  const bool equal = are_equal(rows);
  for (const MeanFigure& figure : figures)
    if (auto compared = compare_figure(figure, rows, baseline, equal))
      comparison.figures.push_back(std::move(*compared));
  return comparison;
}

/// A figure in all comparisons of a model, in their order.
std::vector<ComparedFigure*> family(ModelComparison& model, const std::string& name) {
  std::vector<ComparedFigure*> figures;
  for (LineComparison& line : model.lines)
    for (ComparedFigure& figure : line.figures)
      if (figure.name == name && figure.p) figures.push_back(&figure);
  return figures;
}

void add_tests(ModelComparison& model, const std::vector<MeanFigure>& figures) {
  for (const MeanFigure& figure : figures) {
    const std::vector<ComparedFigure*> tested = family(model, figure.name);
    std::vector<double> p;
    for (const ComparedFigure* compared : tested) p.push_back(*compared->p);
    const std::vector<double> holm = holm_adjusted(p);
    for (std::size_t i = 0; i < tested.size(); ++i) {
      ComparedFigure& compared = *tested[i];
      compared.p_holm = holm[i];
      compared.shown_from =
          detectable_difference(compared.difference, kLevel / static_cast<double>(tested.size()));
      if (holm[i] >= kLevel || compared.verdict == Verdict::same) continue;
      const bool higher = compared.difference.mean.mean > 0.0;
      compared.verdict = higher == compared.higher_is_better ? Verdict::better : Verdict::worse;
    }
  }
}

/// Resampling is most of the work, so the threads share it out.
void add_bootstraps(ModelComparison& model) {
  std::vector<ComparedFigure*> figures;
  std::map<Index, BlockBootstrap> bootstraps;
  for (LineComparison& line : model.lines) {
    for (ComparedFigure& figure : line.figures) {
      if (!figure.interval || figure.difference.watched) continue;
      figures.push_back(&figure);
      bootstraps.try_emplace(figure.difference.mean.blocks, figure.difference.mean.blocks);
    }
  }
  parallel_for(std::ssize(figures), [&](Index i) {
    ComparedFigure& figure = *figures[static_cast<std::size_t>(i)];
    const auto text = bootstraps.at(figure.difference.mean.blocks).interval(figure.difference.text);
    if (text) figure.bootstrap = with_seeds(*text, figure.difference);
  });
}

/// "m: no 95 % interval of nll, kl: needs 8 blocks, has 3", once for all lines that have that note.
void remark_on_intervals(const ModelComparison& model, std::vector<std::string>& remarks) {
  for (const LineComparison& line : model.lines) {
    std::map<std::string, std::string> figures;  // by note
    for (const ComparedFigure& figure : line.figures) {
      if (figure.interval || figure.verdict == Verdict::same) continue;
      std::string& names = figures[figure.note];
      names += (names.empty() ? "" : ", ") + figure.name;
    }
    for (const auto& [note, names] : figures) {
      const std::string remark =
          fmt::format("{}: no 95 % interval of {}: {}", printable(model.model), names, note);
      if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end())
        remarks.push_back(remark);
    }
  }
}

/// "m: the interval of t_acc is rough in 2 comparisons: fewer than 8 questions differ".
void remark_on_rough_intervals(ModelComparison& model, const std::vector<MeanFigure>& figures,
                               std::vector<std::string>& remarks) {
  for (const MeanFigure& figure : figures) {
    const std::vector<ComparedFigure*> compared = family(model, figure.name);
    const auto count = std::count_if(compared.begin(), compared.end(),
                                     [](const ComparedFigure* one) { return one->rough; });
    if (count == 0) continue;
    remarks.push_back(
        fmt::format("{}: the interval of {} is rough in {} comparison{}: fewer than {} {} differ",
                    printable(model.model), figure.name, count, count == 1 ? "" : "s",
                    kFewestBlocks, figure.to_baseline.of_text ? "blocks of text" : "questions"));
  }
}

ModelComparison compare_model(const ModelLines& model, const std::vector<MeanFigure>& figures,
                              const std::vector<TrialSelector>& selectors,
                              const ModelIdentity* data, std::vector<std::string>& remarks) {
  ModelComparison comparison{.model = model.model};
  if (model.baseline == nullptr || model.baseline->failed()) {
    remarks.push_back(fmt::format("{}: the baseline {}", printable(model.model),
                                  model.baseline == nullptr ? "has not run yet" : "failed"));
    return comparison;
  }
  comparison.windows = data != nullptr ? data->windows : model.baseline->text.windows;
  for (const ComparedLines& pair : find_compared_lines(model, selectors, remarks)) {
    if (pair.against->samples().empty() || pair.trial->samples().empty()) continue;  // remarked
    comparison.lines.push_back(compare_lines(pair, *model.baseline, figures));
    const LineComparison& line = comparison.lines.back();
    if (line.figures.empty())
      remarks.push_back(fmt::format("{}: {} against {}: nothing of the text that both have",
                                    printable(model.model), line.trial_label, line.against_label));
  }
  add_tests(comparison, figures);
  add_bootstraps(comparison);
  remark_on_intervals(comparison, remarks);
  remark_on_rough_intervals(comparison, figures, remarks);
  return comparison;
}

/// nullptr where nobody said how much there is, as in a folder of an earlier version.
const ModelIdentity* sized_identity(const std::string& model,
                                    const std::vector<ModelIdentity>& identities) {
  for (const ModelIdentity& identity : identities)
    if (identity.model == model && identity.windows + identity.question_count() > 0)
      return &identity;
  return nullptr;
}

}  // namespace

TrialComparison compare_trials(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                               const std::vector<TaskHeading>& tasks,
                               const std::vector<TrialSelector>& selectors,
                               const std::vector<ModelIdentity>& identities) {
  NF_CHECK(selectors.size() > 1, "{} trials to compare", selectors.size());
  const std::vector<MeanFigure> figures = mean_figures(tasks);
  TrialComparison comparison{.against = selectors.front().text, .variables = sweep_variables(keys)};
  const std::vector<ModelLines> models = group_rows(rows);
  for (const ModelLines& model : models) {
    const ModelIdentity* const data = sized_identity(model.model, identities);
    const std::vector<std::string> missing = missing_rows(model, keys, selectors, data);
    comparison.remarks.insert(comparison.remarks.end(), missing.begin(), missing.end());
    ModelComparison compared = compare_model(model, figures, selectors, data, comparison.remarks);
    if (!compared.lines.empty()) comparison.models.push_back(std::move(compared));
  }
  if (comparison.models.empty()) {
    constexpr std::size_t kMostTold = 3;  // of a sweep that has not begun there may be hundreds
    const std::vector<std::string>& remarks = comparison.remarks;
    std::string message = "there is nothing to compare";
    for (std::size_t i = 0; i < std::min(kMostTold, remarks.size()); ++i)
      message += "; " + remarks[i];
    if (remarks.size() > kMostTold)
      message += fmt::format("; and {} more", remarks.size() - kMostTold);
    throw ConfigError(message);
  }
  return comparison;
}

}  // namespace nf
