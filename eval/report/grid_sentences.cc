#include "eval/report/grid_sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "eval/output/number_text.h"
#include "eval/report/ratio_plot.h"
#include "eval/results/figures.h"

namespace nf {
namespace {

/// "KL 0.310 against 1.88, −83 % [−85, −81]".
std::string change_of(const GridPair& pair, const ModelLines& model) {
  const std::string kls =
      fmt::format("KL {} against {}", figure_number(kl_of_line(*pair.other, model)),
                  figure_number(kl_of_line(*pair.uniform, model)));
  const ComparedFigure* const kl = pair.kl();
  if (kl == nullptr || !kl->ratio || !kl->ratio->ratio) return kls;
  return fmt::format("{}, {}{}", kls,
                     change_text(*kl->ratio->ratio, kl->ratio->interval, kl->ratio->note),
                     unresolved_p(*kl));
}

const char* outcome_words(const GridPair& pair) {
  const ComparedFigure* const kl = pair.kl();
  if (kl != nullptr && kl->verdict == Verdict::better) return "beats uniform";
  if (kl != nullptr && kl->verdict == Verdict::worse) return "loses to uniform";
  if (kl != nullptr && kl->verdict == Verdict::same) return "is the same as uniform";
  return "is not told apart from uniform";
}

}  // namespace

double kl_of_line(const ResultLine& line, const ModelLines& model) {
  return figure_mean(kl_figure(), line.samples(), model.baseline).value_or(0.0);
}

std::string grid_text(const GridPair& pair) {
  const bool is_plain = pair.uniform_label.grid == "uniform";
  return pair.other_label.grid +
         (is_plain ? "" : fmt::format(" (against {})", pair.uniform_label.grid));
}

std::vector<std::string> grid_sentences(const std::vector<GridPair>& pairs,
                                        const ModelLines& model) {
  struct Group {
    std::string start;
    std::vector<std::pair<std::string, std::string>> outcomes{};  ///< words, and where
  };
  std::vector<Group> groups;
  for (const GridPair& pair : pairs) {
    const std::string start = fmt::format("At {}, {}", pair.other_label.bits, grid_text(pair));
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&start](const Group& one) { return one.start == start; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{.start = start});
    const std::string where = fmt::format("{}{}{} ({})", pair.other_label.granularity,
                                          pair.other_label.method.empty() ? "" : " ",
                                          pair.other_label.method, change_of(pair, model));
    const std::string words = outcome_words(pair);
    auto outcome = std::find_if(group->outcomes.begin(), group->outcomes.end(),
                                [&words](const auto& one) { return one.first == words; });
    if (outcome == group->outcomes.end())
      group->outcomes.emplace_back(words, where);
    else
      outcome->second += "; " + where;
  }
  std::vector<std::string> texts;
  for (const Group& group : groups) {
    std::string text = group.start;
    for (std::size_t i = 0; i < group.outcomes.size(); ++i)
      text += fmt::format("{} {} at {}", i == 0 ? "" : "; it", group.outcomes[i].first,
                          group.outcomes[i].second);
    texts.push_back(text + ".");
  }
  return texts;
}

}  // namespace nf
