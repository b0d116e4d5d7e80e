#include "eval/predict/law_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "eval/output/number_text.h"
#include "eval/output/short_list.h"
#include "eval/predict/coverage_law.h"
#include "eval/predict/damage_kind.h"
#include "eval/predict/law_blocks.h"
#include "eval/predict/law_heaps.h"
#include "eval/results/kl_per_r2.h"
#include "eval/results/row_fields.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

constexpr const char* kOtherText = "has not run over all windows of the fit";

/// Whether it is a trial of a design whose trials have parts in common.
bool overlaps(const RowKey& key) { return !key.design.kind.empty() && key.design.kind != "each"; }

LawFigure figure_of(double value, const std::vector<BlockSums>& seeds) {
  const MeanEstimate mean = estimate_mean(seeds);
  return {.value = value, .interval = interval_of(mean), .note = why_no_interval(mean)};
}

/// A law of either kind.
class FittedLaw {
 public:
  FittedLaw(const LawHeaps& lines, const LawRequest& request) {
    std::vector<double> damages;
    for (const LawLine& line : lines.fit) damages.push_back(line.damage);
    if (request.kind == LawKind::additive)
      additive_ = AdditiveLaw::fit_lines(lines.fit, damages, request.measure);
    else if (lines.corner)
      coverage_ =
          CoverageLaw::fit_lines(lines.fit, damages, lines.singles, *lines.corner, request.measure);
  }
  bool is_there() const { return additive_ || coverage_; }
  const CoverageLaw* coverage() const { return coverage_ ? &*coverage_ : nullptr; }
  const AdditiveLaw& parts() const { return coverage_ ? coverage_->exponents() : *additive_; }
  std::optional<double> predict(const SiteSizes& sizes) const {
    return coverage_ ? coverage_->predict(sizes) : additive_->predict(sizes);
  }
  std::vector<double> slopes(const SiteSizes& sizes) const {
    return coverage_ ? coverage_->slopes(sizes) : additive_->slopes(sizes);
  }

 private:
  std::optional<AdditiveLaw> additive_{};
  std::optional<CoverageLaw> coverage_{};
};

/// The damage of the corner over the sum of its parts' damages.
LawFigure additivity_of(const LawHeaps& lines, const LawBlocks& blocks) {
  std::vector<double> of_parts(lines.fit.size(), 0.0), of_all(lines.fit.size(), 0.0);
  for (const std::size_t part : lines.corner->parts) of_parts[part] = 1.0;
  of_all[lines.corner->all] = 1.0;
  const MeanRatio ratio = blocks.ratio(blocks.blocks(of_parts), blocks.blocks(of_all));
  return {.value = ratio.ratio.value_or(0.0), .interval = ratio.interval, .note = ratio.note};
}

/// The finding where a corner has no cap.
std::string why_no_cap(const LawHeaps& lines, const ResultRow& baseline) {
  double sum = 0.0, most = 0.0;
  for (const std::size_t part : lines.corner->parts) {
    sum += lines.fit[part].damage;
    most = std::max(most, lines.fit[part].damage);
  }
  const LawLine& whole = lines.fit[lines.corner->all];
  if (whole.damage <= most)
    return fmt::format(
        "{} costs {} nats, and one of its parts alone {}: more noise does less, so the law of "
        "coverage does not hold here and predicts nothing",
        condition_text(whole.key), figure_number(whole.damage), figure_number(most));
  const LawBlocks blocks(lines.fit, baseline);
  const LawFigure ratio =
      blocks.has_windows() ? additivity_of(lines, blocks) : LawFigure{.value = whole.damage / sum};
  const bool is_told = ratio.interval && ratio.interval->low > 1.0;
  return fmt::format(
      "{} costs {} nats, {}{} times as much as its parts one by one in sum: {}, so the law of "
      "coverage has no cap here and predicts nothing",
      condition_text(whole.key), figure_number(whole.damage), short_number(ratio.value, 3),
      ratio.interval ? fmt::format(" [{}, {}]", short_number(ratio.interval->low, 3),
                                   short_number(ratio.interval->high, 3))
                     : "",
      is_told ? "damage grows faster than it adds up" : "no saturation can be seen");
}

/// The finding where there is no law.
std::string why_no_law(const LawHeaps& lines, const LawRequest& request,
                       const ResultRow& baseline) {
  const bool nothing_has_it = lines.fit.empty() && lines.others.empty();
  if (nothing_has_it && request.measure != SizeMeasure::l2)
    return fmt::format("no trial has sizes of {}: `predict:` in the experiment records them",
                       size_measure_name(request.measure));
  if (lines.singles.empty())
    return request.from.empty()
               ? "no noise of `each` to fit a law to; add a trial such as {name: noise, each: "
                 "site, perturb: gaussian l2=0.1} and run it, or name trials with --from"
               : "none of the trials of --from has a damage above rounding and a size";
  if (!lines.corner)
    return "no trial has the noise of `each` at all of its sites at once, all of its parts with a "
           "KL above rounding, which the cap of coverage comes from; add the same trial without "
           "`each`, or a larger dose, and run it";
  return why_no_cap(lines, baseline);
}

/// The cap with the interval of 1/c, which is nearly linear in the damages: its upper end is
/// infinite where they may as well add up.
LawFigure cap_of(const CoverageLaw& law, const LawBlocks& blocks) {
  std::vector<double> slopes = law.cap_slopes();
  for (double& slope : slopes) slope /= -law.cap() * law.cap();
  LawFigure cap = figure_of(1.0 / law.cap(), blocks.blocks(slopes, 1.0 / law.cap()));
  cap.value = law.cap();
  if (cap.interval)
    cap.interval = Interval{1.0 / cap.interval->high,
                            cap.interval->low > 0.0 ? 1.0 / cap.interval->low
                                                    : std::numeric_limits<double>::infinity()};
  return cap;
}

/// The derivatives of a part's weight: of its share for t² = 1 at all of its sites.
LawFigure weight_of(const LawPart& part, const FittedLaw& law, const LawBlocks& blocks,
                    const std::vector<LawLine>& lines) {
  std::vector<double> slopes(lines.size(), 0.0);
  const CoverageLaw* const coverage = law.coverage();
  double by_cap = 0.0;
  for (const std::size_t line : part.lines) {
    const double damage = lines[line].damage;
    const double share = part.alpha / static_cast<double>(part.lines.size());
    if (coverage == nullptr) {
      slopes[line] = share / damage;
      continue;
    }
    const double cap = coverage->cap();
    slopes[line] = share / (-std::log1p(-damage / cap) * (cap - damage));
    by_cap -= slopes[line] * damage / cap;
  }
  if (coverage == nullptr) return figure_of(part.alpha, blocks.blocks(slopes));
  for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] += by_cap * coverage->cap_slopes()[i];
  return figure_of(part.alpha, blocks.blocks(slopes, part.alpha));
}

/// The two estimates of a_i and their difference.
void add_two_ends(std::size_t single, const std::optional<std::size_t>& without,
                  const LawHeaps& lines, const CoverageLaw& law, const LawBlocks& blocks,
                  LawPartFigures& part) {
  const double cap = law.cap(), own = lines.fit[single].damage;
  const double alone = own / cap;
  const auto figure = [&](double value, double by_cap,
                          const std::vector<std::pair<std::size_t, double>>& by_line) {
    std::vector<double> slopes(lines.fit.size());
    for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] = by_cap * law.cap_slopes()[i];
    for (const auto& [line, slope] : by_line) slopes[line] += slope;
    return blocks.blocks(slopes, value);
  };
  const double alone_by_cap = -own / (cap * cap);
  part.alone = figure_of(alone, figure(alone, alone_by_cap, {{single, 1.0 / cap}}));
  if (!without) return;
  const double whole = lines.fit[lines.corner->all].damage, rest = lines.fit[*without].damage;
  if (!(rest < cap)) return;  // beyond the cap: no share is left to tell
  const double left = cap - rest;
  const double left_out = 1.0 - (cap - whole) / left;
  const double by_cap = (rest - whole) / (left * left);
  const double by_whole = 1.0 / left, by_rest = -(cap - whole) / (left * left);
  part.left_out = figure_of(
      left_out, figure(left_out, by_cap, {{lines.corner->all, by_whole}, {*without, by_rest}}));
  const MeanEstimate apart = estimate_mean(
      figure(left_out - alone, by_cap - alone_by_cap,
             {{lines.corner->all, by_whole}, {*without, by_rest}, {single, -1.0 / cap}}));
  part.apart = LawFigure{
      .value = left_out - alone, .interval = interval_of(apart), .note = why_no_interval(apart)};
  part.p = p_value(apart);
}

void add_parts(const LawHeaps& lines, const FittedLaw& law, const LawBlocks& blocks,
               LawReport& report) {
  for (const LawPart& part : law.parts().parts()) {
    LawPartFigures& figures = report.parts.emplace_back();
    figures.key = pooled_key(lines.fit[part.lines.front()].rows);
    figures.name = part.name;
    figures.weight = weight_of(part, law, blocks, lines.fit);
    if (law.coverage() == nullptr) continue;
    for (std::size_t i = 0; i < lines.corner->parts.size(); ++i) {
      const std::size_t single = lines.corner->parts[i];
      if (std::find(part.lines.begin(), part.lines.end(), single) != part.lines.end())
        add_two_ends(single, lines.left_out[i], lines, *law.coverage(), blocks, figures);
    }
  }
  std::vector<double> p;
  for (const LawPartFigures& part : report.parts)
    if (part.p) p.push_back(*part.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  auto next = adjusted.begin();
  for (LawPartFigures& part : report.parts)
    if (part.p) part.p_holm = *next++;
}

std::string kind_of(const RowKey& key) {
  const std::string kind = damage_kind(key);
  return overlaps(key) ? fmt::format("{} ({})", kind, key.design.kind) : kind;
}

/// Whether predicted and measured are of one text.
bool is_comparable(const LawOutcome& outcome) {
  return outcome.factor.note != kOtherText && outcome.predicted.value > 0.0;
}

LawOutcome outcome_of(const LawLine& line, double predicted, const FittedLaw& law,
                      const LawBlocks& blocks) {
  LawOutcome outcome{.key = pooled_key(line.rows), .kind = kind_of(line.key)};
  outcome.label = condition_text(line.key);
  if (line.rows.size() > 1) outcome.label += fmt::format(" ({} seeds)", line.rows.size());
  outcome.measured.value = line.damage;
  outcome.predicted.value = predicted;
  outcome.factor.value = predicted / line.damage;
  const std::optional<std::vector<BlockSums>> measured = blocks.measured(line);
  if (!measured) {
    for (LawFigure* figure : {&outcome.measured, &outcome.predicted, &outcome.factor})
      figure->note = kOtherText;
    return outcome;
  }
  const std::vector<BlockSums> of_law = blocks.blocks(law.slopes(line.sizes));
  outcome.measured = figure_of(line.damage, *measured);
  outcome.predicted = figure_of(predicted, of_law);
  const MeanRatio ratio = blocks.ratio(*measured, of_law);
  outcome.factor.interval = ratio.interval;
  outcome.factor.note = ratio.note;
  return outcome;
}

void add_outcomes(const LawHeaps& lines, const LawRequest& request, const FittedLaw& law,
                  const LawBlocks& blocks, LawReport& report) {
  std::vector<std::string> elsewhere;
  const auto add = [&](const LawLine& line, bool fitted) {
    const std::optional<double> predicted = law.predict(line.sizes);
    if (!predicted) {
      const auto unknown =
          std::find_if(line.sizes.begin(), line.sizes.end(),
                       [&law](const auto& site) { return !law.parts().alpha(site.first); });
      elsewhere.push_back(fmt::format("{} ({})", condition_text(line.key), unknown->first));
      return;
    }
    report.outcomes.push_back(outcome_of(line, *predicted, law, blocks));
    report.outcomes.back().fitted = fitted;
  };
  const std::set<Index> windows = common_windows(lines.fit);
  for (const LawLine& line : lines.fit)
    if (request.predict.empty() || is_selected(request.predict, line.key))
      add(line, line.key.design.kind != "leave_one_out");  // it tells the second ends alone
  for (LawLine line : lines.others) {
    if (!request.predict.empty() && !is_selected(request.predict, line.key)) continue;
    line.damage = damage_over(line, windows).value_or(line.damage);
    add(line, false);
  }
  if (!elsewhere.empty())
    report.remarks.push_back(
        fmt::format("not predicted, for no noise of the fit has acted at some of their sites: {}",
                    short_list(elsewhere, ", ", "trials")));
}

/// Names trials in which the law sees nothing: their δ has no size of its measure, and factors of
/// what was measured mean nothing then.
void remark_unseen(LawReport& report) {
  std::vector<std::string> unseen;
  for (const LawOutcome& outcome : report.outcomes)
    if (!(outcome.predicted.value > 0.0)) unseen.push_back(outcome.label);
  if (!unseen.empty())
    report.remarks.push_back(
        fmt::format("in no median factor, for the law sees no damage in them: {}",
                    short_list(unseen, ", ", "trials")));
}

void add_errors(LawReport& report) {
  remark_unseen(report);
  std::vector<std::pair<std::string, std::vector<double>>> by_kind;
  for (const LawOutcome& outcome : report.outcomes) {
    if (outcome.fitted || !is_comparable(outcome)) continue;
    auto known = std::find_if(by_kind.begin(), by_kind.end(), [&outcome](const auto& errors) {
      return errors.first == outcome.kind;
    });
    if (known == by_kind.end()) known = by_kind.insert(by_kind.end(), {outcome.kind, {}});
    known->second.push_back(outcome.factor.value);
  }
  for (auto& [kind, factors] : by_kind) {
    LawErrors errors{.kind = kind, .trials = std::ssize(factors)};
    errors.too_high =
        std::count_if(factors.begin(), factors.end(), [](double factor) { return factor > 1.0; });
    for (double& factor : factors) factor = std::max(factor, 1.0 / factor);
    std::sort(factors.begin(), factors.end());
    const std::size_t middle = factors.size() / 2;
    errors.median = factors.size() % 2 == 1 ? factors[middle]
                                            : std::sqrt(factors[middle - 1] * factors[middle]);
    if (!kind.ends_with(')')) errors.interval = median_interval(factors);
    report.errors.push_back(std::move(errors));
  }
}

void add_r2(LawReport& report) {
  std::vector<std::pair<double, double>> logs;  // measured, predicted
  for (const LawOutcome& outcome : report.outcomes)
    if (!outcome.fitted && is_comparable(outcome) && !overlaps(outcome.key))
      logs.emplace_back(std::log(outcome.measured.value), std::log(outcome.predicted.value));
  constexpr std::size_t kFewest = 3;
  if (logs.size() < kFewest) return;
  double mean = 0.0, left = 0.0, all = 0.0;
  for (const auto& [measured, predicted] : logs)
    mean += measured / static_cast<double>(logs.size());
  for (const auto& [measured, predicted] : logs) {
    left += std::pow(measured - predicted, 2);
    all += std::pow(measured - mean, 2);
  }
  if (!(all > 0.0)) return;
  report.r2 = 1.0 - left / all;
  report.r2_trials = std::ssize(logs);
}

/// Says where the seeds of the fit are not in the intervals.
void tell_seeds(const std::vector<LawLine>& fit, LawReport& report) {
  const auto seeds = [](const LawLine& line) { return line.rows.size(); };
  const auto other = std::find_if(fit.begin(), fit.end(), [&](const LawLine& line) {
    return seeds(line) != seeds(fit.front());
  });
  if (other != fit.end())
    report.remarks.emplace_back(
        "the trials of the fit have unequal numbers of seeds: the intervals of the law are over "
        "text alone");
  else if (seeds(fit.front()) == 1)
    report.remarks.emplace_back(
        "the trials of the fit have one seed each: the intervals of the law are over text alone, "
        "and speak of these draws");
}

/// Says which trials of the noise that laws are fitted to do too little.
void tell_parts_below_floor(const ModelLines& model, const std::vector<LawLine>& lines,
                            LawReport& report) {
  std::vector<std::string> below;
  for (const ResultLine& line : model.lines) {
    const bool is_known = std::any_of(lines.begin(), lines.end(), [&line](const LawLine& known) {
      return known.key.name == line.key().name && known.key.vars == line.key().vars;
    });
    if (is_known || line.samples().empty() || !is_noise_of_each(line.key())) continue;
    const std::optional<double> kl = kl_of(*line.samples().front());
    if (kl) below.push_back(condition_text(line.key()));
  }
  if (!below.empty())
    report.remarks.push_back(fmt::format(
        "no part of the law, for their noise of `each` has no KL above {} floors, or is unfinished "
        "(a larger dose tells more): {}",
        kFloorsToTrust, short_list(below, ", ", "trials")));
}

/// LawHeaps that have no size of this measure, or no damage above rounding.
void tell_left_out(const ModelLines& model, const std::vector<LawLine>& lines,
                   const LawRequest& request, LawReport& report) {
  std::vector<std::string> left_out;
  for (const ResultLine& line : model.lines) {
    if (line.key().name == "baseline" || line.samples().empty()) continue;
    const bool wanted = request.predict.empty() || is_selected(request.predict, line.key()) ||
                        is_selected(request.from, line.key());
    if (wanted && std::none_of(lines.begin(), lines.end(), [&line](const LawLine& known) {
          return known.key.name == line.key().name && known.key.vars == line.key().vars;
        }))
      left_out.push_back(condition_text(line.key()));
  }
  if (left_out.empty()) return;
  report.remarks.push_back(fmt::format(
      "left out, unfinished or without a KL above rounding or a size ({}): {}{}",
      size_measure_name(request.measure), short_list(left_out, ", ", "trials"),
      request.measure == SizeMeasure::l2 ? "" : "; `predict:` in the experiment records it"));
}

}  // namespace

const char* law_kind_name(LawKind kind) {
  return kind == LawKind::additive ? "additive" : "coverage";
}

std::optional<Interval> median_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size();
  // The k smallest and greatest are left out as long as P(fewer than k + 1 of n lie below the
  // median) is at most 2.5 %.
  // Logarithms: of more than 1074 values the first term is no double.
  double log_term = static_cast<double>(count) * std::log(0.5), below = std::exp(log_term);
  constexpr double kTail = 0.025;
  if (count == 0 || below > kTail) return std::nullopt;
  std::size_t rank = 0;
  while (true) {
    log_term += std::log(static_cast<double>(count - rank) / static_cast<double>(rank + 1));
    if (below + std::exp(log_term) > kTail) break;
    below += std::exp(log_term);
    ++rank;
  }
  return Interval{values[rank], values[count - 1 - rank]};
}

LawReport law_report(const ModelLines& model, const LawRequest& request) {
  LawReport report{.model = model.model, .kind = request.kind, .measure = request.measure};
  if (model.baseline == nullptr || model.baseline->failed()) {
    report.why_none = "the untouched model has not run yet";
    return report;
  }
  std::vector<const ResultRow*> rows;
  for (const ResultLine& line : model.lines)
    if (line.key().name != "baseline")
      for (const ResultRow* row : line.samples()) rows.push_back(row);
  const std::vector<LawLine> all = law_lines(rows, request.measure);
  tell_left_out(model, all, request, report);
  if (request.measure == SizeMeasure::l2 && request.from.empty())
    tell_parts_below_floor(model, all, report);
  const LawHeaps lines = sort_law_lines(all, request);
  report.fit_lines = std::ssize(lines.singles);
  const FittedLaw law(lines, request);
  if (!law.is_there()) {
    report.why_none = why_no_law(lines, request, *model.baseline);
    return report;
  }
  const LawBlocks blocks(lines.fit, *model.baseline);
  if (!blocks.has_windows()) {
    report.why_none = "the trials of the fit have no window of text in common";
    return report;
  }
  if (const CoverageLaw* coverage = law.coverage()) report.cap = cap_of(*coverage, blocks);
  add_parts(lines, law, blocks, report);
  add_outcomes(lines, request, law, blocks, report);
  add_errors(report);
  add_r2(report);
  tell_seeds(lines.fit, report);
  return report;
}

}  // namespace nf
