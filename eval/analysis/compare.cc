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
#include "eval/analysis/compare_sort.h"
#include "eval/analysis/mean_figure.h"
#include "eval/results/figures.h"
#include "eval/results/row_fields.h"
#include "eval/results/seen_text.h"
#include "eval/stats/block_bootstrap.h"
#include "eval/stats/confidence_sequence.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

constexpr double kLevel = 0.05;

Index block_count(const MeanFigure& figure, const ResultRow& row) {
  return std::ssize(figure.to_baseline.blocks(row, row));
}

bool same_condition(const SeedPairs& rows) {
  std::set<std::string> against, trial;
  for (const ResultRow* row : rows.against) against.insert(row->key.id);
  for (const ResultRow* row : rows.trial) trial.insert(row->key.id);
  return against == trial;
}

/// Adds what is asked beside the difference. rows: of the figure's blocks.
void add_ratio(const MeanFigure& figure, const RatioRows& rows, const CompareOptions& options,
               ComparedFigure& compared) {
  if (options.ratio && figure.has_zero) compared.ratio = ratio_of_means(rows);
  if (!options.margin || (options.margin->is_share && !figure.has_zero)) return;
  if (compared.verdict == Verdict::same) {
    compared.equivalence_verdict = EquivalenceVerdict::same;
    return;
  }
  compared.equivalence = options.margin->is_share
                             ? equivalence_of_ratio(rows, options.margin->size)
                             : equivalence_of_difference(compared.difference, options.margin->size);
  if (compared.equivalence) compared.equivalence_verdict = EquivalenceVerdict::not_shown;
}

/// None where rows and baseline share no block. equal: the rows are, bit for bit.
std::optional<ComparedFigure> compare_figure(const MeanFigure& figure, const SeedPairs& rows,
                                             const ResultRow& baseline, bool equal,
                                             const CompareOptions& options) {
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
  add_ratio(figure,
            {.first = {against.begin(), against.end()},
             .second = {trial.begin(), trial.end()},
             .apart = rows.pairing == SeedPairing::apart,
             .watched = compared.difference.watched},
            options, compared);
  return compared;
}

/// first: selects the lines that the others are compared with.
LineComparison compare_lines(const ComparedLines& pair, const TrialSelector& first,
                             const ResultRow& baseline, const std::vector<MeanFigure>& figures,
                             const CompareOptions& options) {
  const SeedPairs rows = pair_seeds(*pair.against, *pair.trial);
  const RowKey &against = pair.against->key(), &trial = pair.trial->key();
  LineComparison comparison{.against = pooled_key(rows.against),
                            .trial = pooled_key(rows.trial),
                            .against_label = pair.against->label(),
                            .trial_label = pair.trial->label(),
                            .against_rest = rest_of_point(against, trial, first),
                            .against_seeds = std::ssize(rows.against),
                            .trial_seeds = std::ssize(rows.trial),
                            .pairing = rows.pairing,
                            .text = shared_text(rows, baseline)};
  const bool equal = are_equal(rows);
  for (const MeanFigure& figure : figures)
    if (auto compared = compare_figure(figure, rows, baseline, equal, options))
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

/// Of a comparison at most one of the two nulls is true, so the smaller p of the two stands for it
/// in Holm's procedure (Shaffer, J. Am. Stat. Assoc. 81, 1986: hypotheses that exclude each other).
void add_equivalence_tests(ModelComparison& model, const std::vector<MeanFigure>& figures) {
  for (const MeanFigure& figure : figures) {
    std::vector<ComparedFigure*> tested;
    std::vector<double> p;
    for (ComparedFigure* compared : family(model, figure.name)) {
      if (!compared->equivalence) continue;
      tested.push_back(compared);
      p.push_back(compared->equivalence->least_p());
    }
    const std::vector<double> holm = holm_adjusted(p);
    for (std::size_t i = 0; i < tested.size(); ++i) {
      ComparedFigure& compared = *tested[i];
      compared.p_equivalent = holm[i];
      if (holm[i] >= kLevel) continue;
      const bool same = compared.equivalence->p_same < compared.equivalence->p_different;
      compared.equivalence_verdict =
          same ? EquivalenceVerdict::same : EquivalenceVerdict::different;
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

/// The pairs of lines that have figures.
std::vector<ComparedLines> pairs_of(const ModelLines& model,
                                    const std::vector<TrialSelector>& selectors,
                                    const CompareOptions& options,
                                    std::vector<std::string>& remarks) {
  constexpr Index kMostPairs = 20'000;
  std::vector<ComparedLines> pairs = options.all_pairs
                                         ? find_all_pairs(model, selectors)
                                         : find_compared_lines(model, selectors, remarks);
  if (std::ssize(pairs) > kMostPairs)
    throw ConfigError(
        fmt::format("{}: {} comparisons are more than {}; name fewer trials or points",
                    printable(model.model), pairs.size(), kMostPairs));
  std::erase_if(pairs, [](const ComparedLines& pair) {  // remarked
    return pair.against->samples().empty() || pair.trial->samples().empty();
  });
  return pairs;
}

void remark_on_seen_text(const ModelLines& model, const std::vector<ComparedLines>& pairs,
                         std::vector<std::string>& remarks) {
  std::vector<const ResultLine*> lines;
  for (const ComparedLines& pair : pairs) lines.insert(lines.end(), {pair.against, pair.trial});
  if (std::string remark = seen_text(model.model, lines); !remark.empty())
    remarks.push_back(std::move(remark));
}

/// The lines of a comparison, with their tests. first: as of compare_lines().
void compare_all(const ModelLines& model, const std::vector<ComparedLines>& pairs,
                 const TrialSelector& first, const std::vector<MeanFigure>& figures,
                 const CompareOptions& options, ModelComparison& comparison) {
  comparison.lines.resize(pairs.size());
  parallel_for(std::ssize(pairs), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    comparison.lines[at] = compare_lines(pairs[at], first, *model.baseline, figures, options);
  });
  add_tests(comparison, figures);
  if (options.margin) add_equivalence_tests(comparison, figures);
  if (options.bootstrap) add_bootstraps(comparison);
}

ModelComparison compare_model(const ModelLines& model, const std::vector<MeanFigure>& figures,
                              const std::vector<TrialSelector>& selectors,
                              const ModelIdentity* data, const CompareOptions& options,
                              std::vector<std::string>& remarks) {
  ModelComparison comparison{.model = model.model};
  if (model.baseline == nullptr || model.baseline->failed()) {
    remarks.push_back(fmt::format("{}: the baseline {}", printable(model.model),
                                  model.baseline == nullptr ? "has not run yet" : "failed"));
    return comparison;
  }
  comparison.windows = data != nullptr ? data->windows : model.baseline->text.windows;
  const std::vector<ComparedLines> pairs = pairs_of(model, selectors, options, remarks);
  remark_on_seen_text(model, pairs, remarks);
  compare_all(model, pairs, selectors.front(), figures, options, comparison);
  for (const LineComparison& line : comparison.lines)
    if (line.figures.empty())
      remarks.push_back(fmt::format("{}: {} against {}: nothing of the text that both have",
                                    printable(model.model), line.trial_label, line.against_label));
  remark_on_intervals(comparison, remarks);
  remark_on_rough_intervals(comparison, figures, remarks);
  sort_comparison(options, figures, comparison);
  return comparison;
}

/// Figures of several that have no ratio or share, which the others have.
void remark_on_zeros(const std::vector<MeanFigure>& figures, const CompareOptions& options,
                     std::vector<std::string>& remarks) {
  const bool has_share = options.margin && options.margin->is_share;
  if (!options.ratio && !has_share) return;
  for (const MeanFigure& figure : figures)
    if (!figure.has_zero)
      remarks.push_back(fmt::format("{}: is not counted from 0, so {} of it says nothing",
                                    figure.name, options.ratio ? "a ratio" : "a share"));
}

}  // namespace

ModelComparison compare_pairs(const ModelLines& model, const std::vector<ComparedLines>& pairs,
                              const CompareOptions& options) {
  NF_CHECK(model.baseline != nullptr && !model.baseline->failed(), "no baseline to compare with");
  ModelComparison comparison{.model = model.model, .windows = model.baseline->text.windows};
  compare_all(model, pairs, {}, compared_figures({}, options), options, comparison);
  return comparison;
}

TrialComparison compare_trials(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                               const std::vector<TaskHeading>& tasks,
                               const std::vector<TrialSelector>& selectors,
                               const std::vector<ModelIdentity>& identities,
                               const CompareOptions& options) {
  NF_CHECK(selectors.size() > (options.all_pairs ? 0u : 1u), "{} trials to compare",
           selectors.size());
  const std::vector<MeanFigure> figures = compared_figures(tasks, options);
  TrialComparison comparison{.against = selectors.front().text,
                             .variables = sweep_variables(keys),
                             .all_pairs = options.all_pairs,
                             .margin = options.margin};
  remark_on_zeros(figures, options, comparison.remarks);
  const std::vector<ModelLines> models = group_rows(rows);
  for (const ModelLines& model : models) {
    const ModelIdentity* const data = find_sized_model(identities, model.model);
    const std::vector<std::string> missing = missing_rows(model, keys, selectors, data);
    comparison.remarks.insert(comparison.remarks.end(), missing.begin(), missing.end());
    ModelComparison compared =
        compare_model(model, figures, selectors, data, options, comparison.remarks);
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
