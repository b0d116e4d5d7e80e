#include "eval/tables/league_sentences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "eval/output/number_text.h"

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

/// The first of those that predict; null where none does.
const LeagueEntry* best_of(const Entries& entries) {
  const auto found = std::find_if(entries.begin(), entries.end(), [](const LeagueEntry* entry) {
    return !entry->measured && !entry->joint;
  });
  return found == entries.end() ? nullptr : *found;
}

const LeagueEntry* find(const Entries& entries, const std::string& predictor) {
  const auto found = std::find_if(
      entries.begin(), entries.end(),
      [&predictor](const LeagueEntry* entry) { return entry->predictor == predictor; });
  return found == entries.end() ? nullptr : *found;
}

/// "; better than relative_l2 (p = 0.002)".
std::string against_size(const Entries& entries, const LeagueEntry& best) {
  const LeagueEntry* const size = find(entries, kSizePredictor);
  if (size == nullptr || &best == size) return "";
  if (!best.p_against_holm) return fmt::format("; {} has {}", kSizePredictor, spearman_text(*size));
  const std::string p = short_number(*best.p_against_holm, 2);
  if (is_below(best.p_against_holm))
    return fmt::format("; better than {} ({}; p = {})", kSizePredictor, spearman_text(*size), p);
  return fmt::format("; not shown to be better than {} ({}; p = {})", kSizePredictor,
                     spearman_text(*size), p);
}

std::string order_sentence(const Entries& entries, const LeagueEntry& best) {
  const std::string ceiling =
      best.ceiling ? fmt::format(", of a ceiling of {}", correlation_text(*best.ceiling)) : "";
  const std::string why =
      best.association.note.empty() ? "" : fmt::format(" ({})", best.association.note);
  const char* const turned =
      *best.association.spearman < 0.0 ? ", the more of it the less damage" : "";
  return fmt::format("{} orders them best: {}{}{}{}{}", best.predictor, spearman_text(best), turned,
                     ceiling, why, against_size(entries, best));
}

/// Those that say something where size has had its say, the most telling first.
std::string beyond_size_sentence(const Entries& entries) {
  constexpr std::size_t kMostTold = 3;
  Entries beyond;
  bool any_test = false;
  for (const LeagueEntry* entry : entries) {
    if (entry->measured || !entry->association.partial || !entry->p_holm) continue;
    any_test = true;
    if (is_below(entry->p_holm)) beyond.push_back(entry);
  }
  if (!any_test) return "";
  if (beyond.empty()) return "at equal size no predictor is shown to say anything";
  std::stable_sort(beyond.begin(), beyond.end(), [](const LeagueEntry* a, const LeagueEntry* b) {
    return std::abs(*a->association.partial) > std::abs(*b->association.partial);
  });
  std::vector<std::string> told;
  for (std::size_t i = 0; i < std::min(kMostTold, beyond.size()); ++i)
    told.push_back(fmt::format(
        "{} {}", beyond[i]->predictor,
        estimate_text(*beyond[i]->association.partial, beyond[i]->association.partial_interval)));
  const std::string rest =
      beyond.size() > kMostTold ? fmt::format(" and {} more", beyond.size() - kMostTold) : "";
  return fmt::format("at equal size damage goes with {}{}", fmt::join(told, ", "), rest);
}

/// ", 0.91 with a layer left out".
std::string left_out_text(const LeagueEntry& entry) {
  std::string text;
  for (const LeftOutFactor& factor : entry.left_out) {
    if (!factor.r2) continue;
    std::string name = factor.factor;
    std::replace(name.begin(), name.end(), '_', ' ');
    text += fmt::format(", {} with a {} left out", correlation_text(*factor.r2), name);
  }
  return text;
}

std::string explained_text(const LeagueEntry& entry) {
  return fmt::format("{} {}{}", entry.predictor,
                     estimate_text(*entry.association.r2, entry.association.r2_interval),
                     left_out_text(entry));
}

/// R² of the best single predictor and of the best pair.
std::string explained_sentence(const Entries& entries, const LeagueTarget& target) {
  const LeagueEntry *single = nullptr, *pair = nullptr;
  for (const LeagueEntry* entry : entries) {
    if (entry->measured || !entry->association.r2) continue;
    const LeagueEntry*& best = entry->joint ? pair : single;
    if (best == nullptr || *entry->association.r2 > *best->association.r2) best = entry;
  }
  if (single == nullptr) return "";
  return fmt::format("R² of ln({}): {}{}", target.label, explained_text(*single),
                     pair == nullptr ? "" : "; " + explained_text(*pair));
}

std::string zone_sentence(const Entries& entries, const char* half) {
  const LeagueEntry* const best = best_of(entries);
  if (best == nullptr) return "";
  const std::optional<Interval>& interval = best->association.spearman_interval;
  if (!interval) return "";
  const bool is_size = best->predictor == kSizePredictor;
  const bool any_worse = std::any_of(entries.begin(), entries.end(), [](const LeagueEntry* entry) {
    return !entry->measured && is_below(entry->p_against_holm);
  });
  if (interval->low <= 0.0 && interval->high >= 0.0)
    return fmt::format("among the half with {} damage nothing is shown to order them: {} has {}",
                       half, best->predictor, spearman_text(*best));
  if (!is_size && is_below(best->p_against_holm))
    return fmt::format("among the half with {} damage {}", half, order_sentence(entries, *best));
  if (any_worse)
    return fmt::format(
        "among the half with {} damage nothing is shown to be better than {}: {} "
        "has {}",
        half, kSizePredictor, best->predictor, spearman_text(*best));
  return fmt::format("among the half with {} damage nothing can be told apart: {} has {}", half,
                     best->predictor, spearman_text(*best));
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
  const LeagueEntry* const best = best_of(all);
  if (best == nullptr) return {};
  std::vector<std::string> sentences = {order_sentence(all, *best), beyond_size_sentence(all),
                                        explained_sentence(all, target)};
  const char* const halves[] = {"least", "most"};
  for (std::size_t half = 0; half < std::size(halves); ++half)
    sentences.push_back(zone_sentence(
        league_table_of(league, model, target.name, kLeagueZones[half + 1]), halves[half]));
  std::erase(sentences, "");
  return sentences;
}

}  // namespace nf
