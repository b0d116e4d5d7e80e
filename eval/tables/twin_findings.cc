#include "eval/tables/twin_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/base/printable.h"
#include "eval/design/twin_words.h"

namespace nf {
namespace {

constexpr std::string_view kSame = "the same error";

/// The words of a kind, also of one of a later version.
struct Words {
  std::string error = "the error", of, matters = "what it destroys matters",
              not_matter = "what it destroys does not matter by more than a tenth";

  explicit Words(const std::string& kind) : of(fmt::format("its twin '{}'", printable(kind))) {
    if (const TwinWords* const known = find_twin_words(kind))
      *this = Words{known->error, known->of, known->matters, known->not_matter};
  }
  Words(std::string error_words, std::string of_words, std::string matters_words,
        std::string not_matter_words)
      : error(std::move(error_words)),
        of(std::move(of_words)),
        matters(std::move(matters_words)),
        not_matter(std::move(not_matter_words)) {}
};

/// "1.00 [0.97, 1.04]": two decimals, and more where the ends would be one number.
std::string ratio_text(const TwinRatio& twin) {
  if (!twin.interval) return fmt::format("{:.3g} (no interval: {})", *twin.ratio, twin.note);
  const double width = twin.interval->high - twin.interval->low;
  constexpr int kFewest = 2, kMost = 6;
  const int finer = width > 0.0 ? static_cast<int>(std::ceil(-std::log10(width))) : 0;
  const int larger =
      twin.interval->high > 0.0 ? static_cast<int>(std::floor(std::log10(twin.interval->high))) : 0;
  const int decimals = std::clamp(std::max(finer, kFewest - std::max(larger, 0)), 0, kMost);
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", *twin.ratio, decimals, twin.interval->low,
                     decimals, twin.interval->high, decimals);
}

/// A note without what twin_remark() says once.
std::string without_single_draw(std::string note) {
  const std::size_t at = note.find(kSingleDraw);
  if (at == std::string::npos) return note;
  note.erase(at);
  return note.substr(0, note.find_last_not_of("; ") + 1);
}

std::string verdict_words(const TwinRatio& twin, const Words& words) {
  switch (twin.verdict) {
    case TwinVerdict::not_matter:
      return words.not_matter;
    case TwinVerdict::matters:
      return words.matters;
    case TwinVerdict::not_resolved:
      break;
  }
  return verdict_text(twin.verdict);
}

/// "0.76 [0.70, 0.82] of the damage of the same error with random signs: signs matter". before: the
/// twin that the line speaks of already, whose error is "that" then; null: none.
std::string part_of(const TwinRatio& twin, const TwinRatio* before) {
  const Words words(twin.kind);
  const bool is_again =
      before != nullptr && words.of.starts_with(kSame) && Words(before->kind).of.starts_with(kSame);
  const std::string of =
      is_again ? "that" + words.of.substr(kSame.size()) : "the damage of " + words.of;
  const std::string own = twin.interval ? without_single_draw(twin.note) : "";
  const std::string note = own.empty() ? "" : fmt::format(" ({})", own);
  return fmt::format("{} of {}: {}{}", ratio_text(twin), of, verdict_words(twin, words), note);
}

std::string sentence_of(const TwinRatio& twin) {
  const Words words(twin.kind);
  if (!twin.ratio) return fmt::format("not compared with {}: {}", words.of, twin.note);
  return fmt::format("{} does {}", words.error, part_of(twin, nullptr));
}

std::vector<std::string> lines_of(const TwinGroup& group) {
  const std::vector<TwinRatio>& twins = group.twins;
  if (twins.size() == 2 && twins[0].ratio && twins[1].ratio)
    return {sentence_of(twins[0]) + "; " + part_of(twins[1], &twins[0])};
  std::vector<std::string> lines;
  for (const TwinRatio& twin : twins) lines.push_back(sentence_of(twin));
  return lines;
}

}  // namespace

std::vector<Finding> twin_findings(const ModelLines& model) {
  return twin_findings(twin_groups(model));
}

std::vector<Finding> twin_findings(const std::vector<TwinGroup>& groups) {
  std::vector<Finding> findings;
  for (const TwinGroup& group : groups)
    findings.push_back({.label = condition_text(group.key), .lines = lines_of(group)});
  return findings;
}

std::string twin_remark(const std::vector<TwinGroup>& groups) {
  for (const TwinGroup& group : groups)
    for (const TwinRatio& twin : group.twins)
      if (twin.interval && twin.note.find(kSingleDraw) != std::string::npos)
        return "Twins of one seed: the interval speaks of that one draw of the twin; `repeat: 3` "
               "in "
               "the trial draws more.";
  return "";
}

}  // namespace nf
