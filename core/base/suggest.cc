#include "core/base/suggest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace nf {
namespace {

/// Edits (insert, delete, replace, swap two neighbours) between two words, row by row of the usual
/// table.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_separator(char c) { return c == '_' || c == '-' || c == ' '; }

/// Whether `name` is `known` behind a prefix that turns it around: however few letters differ, it
/// is no typing mistake.
bool is_opposite(std::string_view name, std::string_view known) {
  for (const std::string_view prefix : {"non", "not", "un", "a"}) {
    if (!name.starts_with(prefix)) continue;
    std::string_view rest = name.substr(prefix.size());
    if (!rest.empty() && is_separator(rest.front())) rest.remove_prefix(1);
    if (rest == known) return true;
  }
  return false;
}

/// Whether `part` stands in `whole` between separators or ends.
bool has_words(std::string_view whole, std::string_view part) {
  const std::size_t at = whole.find(part);
  if (part.empty() || at == std::string_view::npos) return false;
  const std::size_t end = at + part.size();
  return (at == 0 || is_separator(whole[at - 1])) &&
         (end == whole.size() || is_separator(whole[end]));
}

/// The known names at the least distance that a typing mistake may have.
std::vector<std::string> mistyped_names(std::string_view name,
                                        const std::vector<std::string>& known) {
  std::vector<std::string> best;
  const std::string lower = lower_case(name);
  // A third of the letters may differ: more than that is another word, not a typing mistake.
  std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  for (const std::string& candidate : known) {
    if (is_opposite(lower, lower_case(candidate))) continue;
    const std::size_t distance = edit_distance(lower, lower_case(candidate));
    // Letters in common there must be: one letter for another is no typing mistake.
    if (distance > limit || distance >= std::max(name.size(), candidate.size())) continue;
    if (distance < limit) best.clear();
    limit = distance;
    best.push_back(candidate);
  }
  return best;
}

/// The known names that share whole words with `name`.
std::vector<std::string> names_by_words(std::string_view name,
                                        const std::vector<std::string>& known) {
  std::vector<std::string> found;
  const std::string lower = lower_case(name);
  for (const std::string& candidate : known)
    if (!is_opposite(lower, candidate) &&
        (has_words(lower, candidate) || has_words(candidate, lower)))
      found.push_back(candidate);
  return found;
}

/// Names that one message suggests together.
constexpr std::size_t kMostNamed = 4;

/// "; did you mean 'x' or 'y'?"; empty for none, and for more than a reader would look at.
std::string question(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > kMostNamed) return {};
  std::string text = fmt::format("'{}'", names.front());
  for (std::size_t i = 1; i < names.size(); ++i)
    text += fmt::format("{}'{}'", i + 1 < names.size() ? ", " : " or ", names[i]);
  return fmt::format("; did you mean {}?", text);
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string> near = mistyped_names(name, known);
  return near.empty() ? std::string() : near.front();
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string> near = mistyped_names(name, known);
  return question(near.empty() ? names_by_words(name, known) : near);
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  std::string meant = question(mistyped_names(name, known));
  if (!meant.empty() || known.empty()) return meant;
  return fmt::format("; known: {}", fmt::join(known, ", "));
}

}  // namespace nf
