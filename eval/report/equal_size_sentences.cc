#include "eval/report/equal_size_sentences.h"

#include <fmt/format.h>

#include "eval/report/ratio_plot.h"

namespace nf {
namespace {

constexpr std::size_t kMostSentences = 8;

std::string sentence_of(const NoisePair& pair) {
  const ComparedFigure& kl = *pair.kl();
  const std::string change = change_text(*kl.ratio->ratio, kl.ratio->interval, kl.ratio->note);
  const char* const verdict = kl.verdict == Verdict::worse    ? "does more damage"
                              : kl.verdict == Verdict::better ? "does less damage"
                                                              : "is not told apart in damage";
  return fmt::format(
      "At equal size {} {} {} {}: KL {}{}.", equal_size_label(pair), verdict,
      kl.verdict == Verdict::worse || kl.verdict == Verdict::better ? "than" : "from",
      pair.comparison.against_label, change, unresolved_p(kl));
}

}  // namespace

std::string equal_size_label(const NoisePair& pair) {
  return pair.trial_family.empty() || pair.trial_family == pair.against_family
             ? pair.comparison.trial_label
             : fmt::format("{} ({})", pair.comparison.trial_label, pair.trial_family);
}

std::vector<std::string> equal_size_sentences(const std::vector<NoisePair>& pairs) {
  std::vector<std::string> texts;
  for (const NoisePair& pair : pairs)
    if (pair.kl() != nullptr && pair.kl()->ratio && pair.kl()->ratio->ratio)
      texts.push_back(sentence_of(pair));
  if (texts.size() > kMostSentences) {
    const std::size_t more = texts.size() - kMostSentences;
    texts.resize(kMostSentences);
    texts.push_back(fmt::format("And {} more, in the figure below.", more));
  }
  return texts;
}

}  // namespace nf
