#include "eval/predict/league.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/base/printable.h"
#include "eval/predict/league_zone.h"
#include "eval/predict/trial_levels.h"
#include "eval/stats/least_squares.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr Index kFewestTrials = 3;  // that a league is of

/// The clusters of a zone's trials: [trials], and in words where they are no names.
struct Clusters {
  std::vector<Index> numbers{};
  Index count = 0;
  std::string note{};
};

Clusters numbered(const std::vector<std::string>& names) {
  Clusters clusters;
  std::map<std::string, Index> known;
  for (const std::string& name : names)
    clusters.numbers.push_back(known.emplace(name, std::ssize(known)).first->second);
  clusters.count = std::ssize(known);
  return clusters;
}

/// Names; of too few the places that `each` names.
Clusters clusters_of(const LeagueZone& zone) {
  std::vector<std::string> names, places;
  for (const std::size_t trial : zone.trials) {
    const RowKey& key = zone.figures->model().trials[trial].key();
    const std::string layer = trial_level(key, "layer"), role = trial_level(key, "role");
    names.push_back(key.name);
    places.push_back(layer.empty() && role.empty() ? key.name : layer + "/" + role);
  }
  const Clusters by_name = numbered(names);
  if (by_name.count >= kFewestClusters) return by_name;
  Clusters by_place = numbered(places);
  if (by_place.count < kFewestClusters) return by_name;
  by_place.note = fmt::format("resampled by layer and role, of {} names", by_name.count);
  return by_place;
}

/// The logarithms of a predictor's figures at a zone's trials, not a number where it has none;
/// empty where a figure has no logarithm.
std::vector<double> zone_logs(const LeagueZone& zone, std::size_t predictor) {
  std::vector<double> logs;
  if (zone.log_y.empty()) return logs;
  const TrialFigures& figures = zone.figures->figures(predictor);
  for (const std::size_t trial : zone.trials) {
    const auto log = log_figure(*zone.figures->predictors()[predictor], figures[trial]);
    if (figures[trial] && !log) return {};
    logs.push_back(log.value_or(kNone));
  }
  return logs;
}

PredictorFigure figure_of(const LeagueZone& zone, std::size_t predictor) {
  PredictorFigure figure{.logs = zone_logs(zone, predictor)};
  const double sign = zone.figures->predictors()[predictor]->falls_with_damage ? -1.0 : 1.0;
  for (const std::size_t trial : zone.trials) {
    const std::optional<double> value = zone.figures->figures(predictor)[trial];
    figure.values.push_back(value ? sign * *value : kNone);
  }
  return figure;
}

/// Two predictors, ln y = a + b1·ln p1 + b2·ln p2.
struct Pair {
  PredictorSet predictors{};
  double r2 = -1.0;
  std::vector<PredictorSet> tried{};  ///< all pairs that it was chosen of
};

Observations observations_of(const LeagueZone& zone, const std::vector<double>& first,
                             const std::vector<double>& second, std::size_t without = SIZE_MAX,
                             const std::vector<Index>& clusters = {}) {
  Observations observations;
  for (std::size_t i = 0; i < zone.trials.size(); ++i) {
    if (std::isnan(first[i]) || std::isnan(second[i])) continue;
    if (without != SIZE_MAX && clusters[i] == clusters[without]) continue;
    observations.add({first[i], second[i]}, zone.log_y[i]);
  }
  return observations;
}

/// The predictors that may be one of a pair: those that nearly all trials have, none of them
/// measured.
std::vector<std::size_t> pairable(const LeagueZone& zone) {
  std::vector<std::size_t> candidates;
  for (std::size_t p = 0; p < zone.figures->predictors().size(); ++p) {
    const std::vector<double> logs = zone_logs(zone, p);
    const auto known =
        std::count_if(logs.begin(), logs.end(), [](double log) { return !std::isnan(log); });
    if (!zone.figures->predictors()[p]->measured && !logs.empty() &&
        static_cast<double>(known) >= kLeastShareOfTrials * static_cast<double>(logs.size()))
      candidates.push_back(p);
  }
  return candidates;
}

/// The pair with the greatest R².
std::optional<Pair> best_pair(const LeagueZone& zone) {
  constexpr std::size_t kFewestOfPair = 8;
  const std::vector<std::size_t> candidates = pairable(zone);
  Pair best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (std::size_t j = i + 1; j < candidates.size(); ++j) {
      const PredictorSet set = {candidates[i], candidates[j]};
      const Observations both = zone_observations(zone, set);
      if (both.y.size() < kFewestOfPair) continue;
      const std::optional<LinearFit> fit = fit_least_squares(both);
      const std::optional<double> r2 = fit ? r2_of(*fit, both) : std::nullopt;
      if (!r2) continue;
      best.tried.push_back(set);
      if (*r2 <= best.r2) continue;
      best.predictors = set;
      best.r2 = *r2;
    }
  }
  return best.tried.size() > 1 ? std::optional(best) : std::nullopt;
}

/// What a pair says of each trial: in rank what the fit on other clusters says, so that it does not
/// know the trial's own outcome.
PredictorFigure figure_of(const LeagueZone& zone, const Pair& pair,
                          const std::vector<Index>& clusters) {
  const std::vector<double> first = zone_logs(zone, pair.predictors[0]),
                            second = zone_logs(zone, pair.predictors[1]);
  const LinearFit whole = *fit_least_squares(observations_of(zone, first, second));
  std::map<Index, std::optional<LinearFit>> others;  // by cluster
  PredictorFigure figure;
  for (std::size_t i = 0; i < zone.trials.size(); ++i) {
    const bool is_known = !std::isnan(first[i]) && !std::isnan(second[i]);
    if (is_known && !others.contains(clusters[i]))
      others[clusters[i]] = fit_least_squares(observations_of(zone, first, second, i, clusters));
    const bool has_fit = is_known && others[clusters[i]];
    const std::vector<double> x = {first[i], second[i]};
    figure.values.push_back(has_fit ? others[clusters[i]]->at(x) : kNone);
    figure.logs.push_back(has_fit ? whole.at(x) : kNone);
  }
  return figure;
}

std::string joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes)
    if (!note.empty()) text += (text.empty() ? "" : "; ") + note;
  return text;
}

/// Of the trials that have the figure.
std::optional<double> ceiling_of(const LeagueZone& zone, const PredictorFigure& figure) {
  std::vector<BlockSums> outcomes;
  for (std::size_t i = 0; i < zone.trials.size(); ++i)
    if (!std::isnan(figure.values[i])) outcomes.push_back(zone.outcomes[i]);
  return rank_ceiling(outcomes);
}

/// The reason why a predictor has no R²; empty where it has one.
std::string why_no_r2(const LeagueZone& zone, std::size_t predictor) {
  if (zone.log_y.empty()) return "no R²: the target is not above 0 in every trial";
  const TrialFigures& figures = zone.figures->figures(predictor);
  const auto without = std::count_if(zone.trials.begin(), zone.trials.end(), [&](std::size_t t) {
    return figures[t] && !log_figure(*zone.figures->predictors()[predictor], figures[t]);
  });
  return without == 0 ? ""
                      : fmt::format("no R²: {} of {} trials have no figure above 0", without,
                                    zone.trials.size());
}

std::vector<LeftOutFactor> left_out_factors(const LeagueZone& zone,
                                            const std::vector<PredictorSet>& sets, bool has_r2,
                                            const std::vector<LeagueZone>& others) {
  std::vector<LeftOutFactor> factors;
  for (const char* factor : kLeftOutFactors)
    if (has_levels(zone, factor, others))
      factors.push_back({factor, has_r2 ? left_out_r2(zone, factor, sets, others) : std::nullopt});
  return factors;
}

/// Adjusts a p over the entries that have one.
void adjust(std::vector<LeagueEntry>& entries, std::optional<double> RankAssociation::*p,
            std::optional<double> LeagueEntry::*adjusted) {
  std::vector<double> all;
  for (const LeagueEntry& entry : entries)
    if (entry.association.*p) all.push_back(*(entry.association.*p));
  const std::vector<double> holm = holm_adjusted(all);
  std::size_t next = 0;
  for (LeagueEntry& entry : entries)
    if (entry.association.*p) entry.*adjusted = holm[next++];
}

std::vector<LeagueEntry> single_entries(const LeagueZone& zone,
                                        const std::vector<RankAssociation>& associations,
                                        const std::string& clusters_note,
                                        const std::vector<LeagueZone>& others) {
  std::vector<LeagueEntry> entries;
  for (std::size_t p = 0; p < zone.figures->predictors().size(); ++p) {
    const Predictor& predictor = *zone.figures->predictors()[p];
    if (!associations[p].spearman) continue;
    const std::string why = why_no_r2(zone, p);
    entries.push_back({.predictor = predictor.name,
                       .association = associations[p],
                       .ceiling = ceiling_of(zone, figure_of(zone, p)),
                       .left_out = left_out_factors(zone, {{p}}, why.empty(), others),
                       .measured = predictor.measured,
                       .note = joined({predictor.measured ? "measured" : "", associations[p].note,
                                       associations[p].note.empty() ? clusters_note : "", why}),
                       .falls_with_damage = predictor.falls_with_damage});
  }
  adjust(entries, &RankAssociation::p, &LeagueEntry::p_holm);
  adjust(entries, &RankAssociation::p_against_size, &LeagueEntry::p_against_holm);
  return entries;
}

/// The pair's entry: chosen by the outcome, so it has no test. Where a level is left out, the pair
/// is chosen anew by what is left.
LeagueEntry pair_entry(const LeagueZone& zone, const Pair& pair, RankAssociation association,
                       const std::vector<LeagueZone>& others) {
  const auto& predictors = zone.figures->predictors();
  association.p = association.p_against_size = std::nullopt;
  const std::string note = association.note;
  return {.predictor =
              predictors[pair.predictors[0]]->name + "+" + predictors[pair.predictors[1]]->name,
          .association = std::move(association),
          .left_out = left_out_factors(zone, pair.tried, true, others),
          .joint = true,
          .note = joined({fmt::format("of {} pairs the one with the greatest R², in r2_left_out "
                                      "the one without that level",
                                      pair.tried.size()),
                          note}),
          .tried = std::ssize(pair.tried)};
}

std::vector<LeagueEntry> zone_entries(const LeagueZone& zone,
                                      const std::vector<LeagueZone>& others) {
  const auto& predictors = zone.figures->predictors();
  if (std::ssize(zone.trials) < kFewestTrials || predictors.empty()) return {};
  const Clusters clusters = clusters_of(zone);
  RankedTrials ranked{.clusters = clusters.numbers, .outcomes = zone.outcomes, .predictors = {}};
  for (std::size_t p = 0; p < predictors.size(); ++p) {
    ranked.predictors.push_back(figure_of(zone, p));
    if (predictors[p]->name == kSizePredictor) ranked.size = p;
  }
  const std::optional<Pair> pair = best_pair(zone);
  if (pair) ranked.predictors.push_back(figure_of(zone, *pair, clusters.numbers));
  std::vector<RankAssociation> associations = rank_associations(ranked);
  std::vector<LeagueEntry> entries = single_entries(zone, associations, clusters.note, others);
  if (pair && associations.back().spearman) {
    entries.push_back(pair_entry(zone, *pair, std::move(associations.back()), others));
    entries.back().ceiling = ceiling_of(zone, ranked.predictors.back());
  }
  for (LeagueEntry& entry : entries) entry.zone_trials = std::ssize(zone.trials);
  std::stable_sort(entries.begin(), entries.end(), [](const LeagueEntry& a, const LeagueEntry& b) {
    return std::abs(*a.association.spearman) > std::abs(*b.association.spearman);
  });
  return entries;
}

/// Says that a model has too few trials with the target.
void remark_on_few(const ModelFigures& model, const TrialOutcomes& outcomes,
                   const LeagueTarget& target, League& league) {
  const auto count = std::count_if(outcomes.begin(), outcomes.end(),
                                   [](const auto& blocks) { return blocks.has_value(); });
  if (count < kFewestTrials)
    league.remarks.push_back(fmt::format(
        "{}: {}: a league needs {} trials, there {}", printable(model.model().model), target.label,
        kFewestTrials, count == 1 ? "is 1" : fmt::format("are {}", count)));
}

void add_target(const LeagueTarget& target, std::vector<ModelFigures>& models, League& league) {
  std::vector<TrialOutcomes> outcomes;
  for (const ModelFigures& model : models) {
    outcomes.push_back(trial_outcomes(model.model(), target));
    remark_on_few(model, outcomes.back(), target, league);
  }
  for (std::size_t m = 0; m < models.size(); ++m) {
    for (const char* zone : kLeagueZones) {
      std::vector<LeagueZone> others;
      for (std::size_t other = 0; other < models.size(); ++other)
        if (!models[other].model().is_same_checkpoint(models[m].model()))
          others.push_back(league_zone(models[other], outcomes[other], zone));
      std::erase_if(others, [](const LeagueZone& one) { return one.trials.empty(); });
      for (LeagueEntry& entry : zone_entries(league_zone(models[m], outcomes[m], zone), others)) {
        entry.model = models[m].model().model;
        entry.target = target.name;
        entry.zone = zone;
        league.entries.push_back(std::move(entry));
      }
    }
  }
}

}  // namespace

bool LeagueEntry::has_most_trials() const {
  return static_cast<double>(association.trials) >=
         kLeastShareOfTrials * static_cast<double>(zone_trials);
}

League make_league(const LeagueTrials& trials, const PredictorRegistry& registry,
                   const std::vector<LeagueTarget>& targets) {
  League league{.targets = targets, .remarks = trials.remarks};
  std::vector<ModelFigures> models;
  for (const LeagueModel& model : trials.models) {
    models.emplace_back(model, registry);
    if (models.back().predictors().empty())
      league.remarks.push_back(
          fmt::format("{}: no predictor has a figure of its trials", printable(model.model)));
  }
  for (const LeagueTarget& target : targets) add_target(target, models, league);
  return league;
}

std::vector<const LeagueEntry*> league_table_of(const League& league, const std::string& model,
                                                const std::string& target,
                                                const std::string& zone) {
  std::vector<const LeagueEntry*> entries;
  for (const LeagueEntry& entry : league.entries)
    if (entry.model == model && entry.target == target && entry.zone == zone)
      entries.push_back(&entry);
  return entries;
}

}  // namespace nf
