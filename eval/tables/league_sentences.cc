#include "eval/tables/league_sentences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include "eval/output/number_text.h"
#include "eval/output/short_list.h"

namespace nf {
namespace {

constexpr double kLevel = 0.05;
using Entries = std::vector<const LeagueEntry*>;

bool is_below(const std::optional<double>& p) { return p && *p < kLevel; }

std::string estimate_text(double estimate, const std::optional<Interval>& interval) {
  const std::string text = correlation_text(estimate);
  return interval ? fmt::format("{} [{}, {}]", text, correlation_text(interval->low),
                                correlation_text(interval->high))
                  : text;
}
std::string spearman_text(const LeagueEntry& entry) {
  return estimate_text(*entry.association.spearman, entry.association.spearman_interval);
}

/// Whether it is one of those that are ranked: single predictors that nearly all trials have.
bool is_ranked(const LeagueEntry& entry) {
  return !entry.measured && !entry.joint && entry.has_most_trials();
}

Entries ranked(const Entries& entries) {
  Entries own;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(own),
               [](const LeagueEntry* entry) { return is_ranked(*entry); });
  return own;
}

/// ", best of 12", of predictors.
std::string choice_text(const Entries& own, const char* what) {
  return own.size() > 1 ? fmt::format(" best of {} {}", own.size(), what) : "";
}

/// " on the 24 trials that have both", where these are not all.
std::string shared_text(const LeagueEntry& entry) {
  return entry.association.shared_trials == entry.zone_trials
             ? ""
             : fmt::format(" on the {} trials that have both", entry.association.shared_trials);
}

/// Whether the test against the size has found the predictor farther from 0.
bool is_better_than_size(const LeagueEntry& entry) {
  return is_below(entry.p_against_holm) && entry.association.is_beyond_size();
}

/// "; better than relative_l2 (0.76; p = 0.002, Holm)". Nothing where the size is in the target's
/// denominator: it correlates with that by construction.
std::string against_size(const LeagueEntry& best, const LeagueTarget& target) {
  if (best.predictor == kSizePredictor) return "";
  if (target.is_per_size) return "";
  const RankAssociation& of = best.association;
  if (!of.size_spearman)
    return fmt::format("; not compared with {}, which is missing", kSizePredictor);
  const std::string size = correlation_text(*of.size_spearman) + shared_text(best);
  if (!best.p_against_holm)
    return fmt::format("; {} has {}, the difference is not tested", kSizePredictor, size);
  const char* const verdict = !is_below(best.p_against_holm) ? "not shown to be better than"
                              : of.is_beyond_size()          ? "better than"
                                                             : "worse than";
  return fmt::format("; {} {} ({}; p = {}, Holm)", verdict, kSizePredictor, size,
                     short_number(*best.p_against_holm, 2));
}

/// How far a predictor could go that knows all.
std::string perfect_text(const LeagueEntry& best) {
  return best.ceiling ? fmt::format(", where a perfect predictor would reach about {}",
                                    correlation_text(perfect_spearman(*best.ceiling)))
                      : "";
}

/// The words where more of it goes with less damage, or with more where less was expected.
std::string direction_text(const LeagueEntry& entry, const LeagueTarget& target) {
  if (*entry.association.spearman >= 0.0) return "";
  return fmt::format(", the more of it the {} {}", entry.falls_with_damage ? "more" : "less",
                     target.label);
}

std::string order_sentence(const Entries& own, const LeagueTarget& target,
                           const std::string& trials) {
  const LeagueEntry& best = *own.front();
  const std::string why =
      best.association.note.empty() ? "" : fmt::format(" ({})", best.association.note);
  const std::string count = best.association.trials == best.zone_trials
                                ? trials
                                : fmt::format("{} of {}", best.association.trials, trials);
  return fmt::format("{} orders {}{}: {}{}{}{}{}", best.predictor, count,
                     choice_text(own, "predictors"), spearman_text(best),
                     direction_text(best, target), why, perfect_text(best),
                     against_size(best, target));
}

/// Those that too few trials have to be held against the others.
std::string unranked_sentence(const Entries& entries) {
  std::vector<std::string> told;
  for (const LeagueEntry* entry : entries)
    if (!entry->measured && !entry->joint && !is_ranked(*entry))
      told.push_back(fmt::format("{} ({} trials: {})", entry->predictor, entry->association.trials,
                                 spearman_text(*entry)));
  if (told.empty()) return "";
  return "not ranked, with a figure of too few of the trials: " +
         short_list(told, ", ", "predictors");
}

/// "bias (0.60 [0.40, 0.72])", in the direction in which the damage goes with it.
std::string partial_text(const LeagueEntry& entry) {
  const RankAssociation& of = entry.association;
  if (*of.partial >= 0.0)
    return fmt::format("{} ({})", entry.predictor, estimate_text(*of.partial, of.partial_interval));
  std::optional<Interval> turned;
  if (of.partial_interval) turned = {-of.partial_interval->high, -of.partial_interval->low};
  return fmt::format("{} ({})", entry.predictor, estimate_text(-*of.partial, turned));
}

/// Those that say something where size has had its say, the most telling first.
std::string beyond_size_sentence(const Entries& entries, const LeagueTarget& target) {
  constexpr std::size_t kMostTold = 3;
  Entries beyond;
  Index tested = 0;
  for (const LeagueEntry* entry : entries) {
    if (entry->measured || !entry->association.partial || !entry->p_holm) continue;
    ++tested;
    if (is_below(entry->p_holm)) beyond.push_back(entry);
  }
  if (tested == 0) return "";
  if (beyond.empty())
    return fmt::format("at equal size none of {} predictors is shown to say anything (Holm)",
                       tested);
  std::stable_sort(beyond.begin(), beyond.end(), [](const LeagueEntry* a, const LeagueEntry* b) {
    return std::abs(*a->association.partial) > std::abs(*b->association.partial);
  });
  std::vector<std::string> rises, falls;
  for (std::size_t i = 0; i < std::min(kMostTold, beyond.size()); ++i) {
    const bool is_rising = (*beyond[i]->association.partial >= 0.0) != beyond[i]->falls_with_damage;
    (is_rising ? rises : falls).push_back(partial_text(*beyond[i]));
  }
  std::vector<std::string> both;
  if (!rises.empty()) both.push_back(fmt::format("rises with {}", fmt::join(rises, ", ")));
  if (!falls.empty()) both.push_back(fmt::format("falls with {}", fmt::join(falls, ", ")));
  const std::string rest =
      beyond.size() > kMostTold ? fmt::format(", and with {} more", beyond.size() - kMostTold) : "";
  return fmt::format("at equal size {} {}{} (of {} tested, Holm)", target.label,
                     fmt::join(both, " and "), rest, tested);
}

/// "; 0.91 with a layer left out".
std::string left_out_text(const LeagueEntry& entry) {
  std::vector<std::string> told;
  for (const LeftOutFactor& factor : entry.left_out) {
    if (!factor.r2) continue;
    std::string name = factor.factor;
    std::replace(name.begin(), name.end(), '_', ' ');
    told.push_back(fmt::format("{} with a {} left out", correlation_text(*factor.r2), name));
  }
  if (told.empty()) return "";
  return fmt::format(", {}{}", entry.joint ? "the pair chosen anew " : "", fmt::join(told, ", "));
}

std::string explained_text(const LeagueEntry& entry, const std::string& choice) {
  return fmt::format("{}{} {}{}", entry.predictor, choice,
                     estimate_text(*entry.association.r2, entry.association.r2_interval),
                     left_out_text(entry));
}

/// R² of the best single predictor and of the best pair.
std::string explained_sentence(const Entries& entries, const LeagueTarget& target) {
  const LeagueEntry *single = nullptr, *pair = nullptr;
  Entries singles;
  for (const LeagueEntry* entry : entries) {
    const bool is_told = (entry->joint && !entry->measured) || is_ranked(*entry);
    if (!is_told || !entry->association.r2) continue;
    if (!entry->joint) singles.push_back(entry);
    const LeagueEntry*& best = entry->joint ? pair : single;
    if (best == nullptr || *entry->association.r2 > *best->association.r2) best = entry;
  }
  if (single == nullptr) return "";
  const auto choice = [](std::size_t count, const char* what) {
    return count > 1 ? fmt::format(" (best of {}{})", count, what) : "";
  };
  return fmt::format(
      "R² of ln({}): {}{}", target.label, explained_text(*single, choice(singles.size(), "")),
      pair == nullptr
          ? ""
          : "; " + explained_text(*pair, choice(static_cast<std::size_t>(pair->tried), " pairs")));
}

/// Whether the interval leaves 0 out.
bool is_shown(const LeagueEntry* entry) {
  const std::optional<Interval>& interval = entry->association.spearman_interval;
  return interval && (interval->low > 0.0 || interval->high < 0.0);
}

std::string zone_sentence(const Entries& entries, const LeagueTarget& target, const char* half) {
  const Entries own = ranked(entries);
  if (own.empty()) return "";
  const LeagueEntry& best = *own.front();
  const std::string trials =
      fmt::format("the half with {} damage ({} trials)", half, best.zone_trials);
  const auto any = [&own](const auto& test) { return std::any_of(own.begin(), own.end(), test); };
  const bool has_interval = any(
      [](const LeagueEntry* entry) { return entry->association.spearman_interval.has_value(); });
  if (has_interval && !any(is_shown))
    return fmt::format("no predictor is shown to order {}: {} has {}", trials, best.predictor,
                       spearman_text(best));
  const LeagueEntry* const size = [&own]() -> const LeagueEntry* {
    for (const LeagueEntry* entry : own)
      if (entry->predictor == kSizePredictor) return entry;
    return nullptr;
  }();
  const bool any_test =
      any([](const LeagueEntry* entry) { return entry->p_against_holm.has_value(); });
  const bool any_better = any([](const LeagueEntry* entry) { return is_better_than_size(*entry); });
  if (target.is_per_size || size == nullptr || !any_test || is_better_than_size(best))
    return order_sentence(own, target, trials);
  const std::string of_best =
      &best == size ? "" : fmt::format("; {} has {}", best.predictor, spearman_text(best));
  if (!any_better)
    return fmt::format("no predictor is shown to order {} better than {} ({}){}", trials,
                       kSizePredictor, spearman_text(*size), of_best);
  std::vector<std::string> better;
  for (const LeagueEntry* entry : own)
    if (is_better_than_size(*entry))
      better.push_back(fmt::format("{} ({})", entry->predictor, spearman_text(*entry)));
  return fmt::format("{} {} {} better than {} ({}; Holm){}", short_list(better, ", ", "predictors"),
                     better.size() == 1 ? "orders" : "order", trials, kSizePredictor,
                     spearman_text(*size), of_best);
}

}  // namespace

std::string correlation_text(double value) {
  constexpr int kFewest = 2, kMost = 5;
  for (int decimals = kFewest; decimals < kMost; ++decimals) {
    const std::string text = fixed_number(value, decimals);
    const bool looks_like_one = std::abs(std::stod(text)) == 1.0;
    if (!looks_like_one || std::abs(value) >= 1.0) return text;
  }
  return fixed_number(value, kMost);
}

std::vector<std::string> league_sentences(const League& league, const std::string& model,
                                          const LeagueTarget& target) {
  const Entries all = league_table_of(league, model, target.name, "all");
  const Entries own = ranked(all);
  if (all.empty()) return {};
  std::vector<std::string> sentences;
  if (own.empty())
    sentences.emplace_back("no predictor has a figure of nine tenths of the trials");
  else
    sentences.push_back(
        order_sentence(own, target, fmt::format("the {} trials", all.front()->zone_trials)));
  sentences.insert(sentences.end(), {unranked_sentence(all), beyond_size_sentence(all, target),
                                     explained_sentence(all, target)});
  const char* const halves[] = {"least", "most"};
  for (std::size_t half = 0; half < std::size(halves); ++half)
    sentences.push_back(zone_sentence(
        league_table_of(league, model, target.name, kLeagueZones[half + 1]), target, halves[half]));
  std::erase(sentences, "");
  return sentences;
}

}  // namespace nf
