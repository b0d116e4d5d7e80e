#include "eval/tasks/question.h"

#include "core/base/check.h"

namespace nf {

QuestionSums Question::score(std::vector<PartSums> parts) const {
  NF_CHECK(judge != nullptr && !parts.empty(), "question {} of {}: {} parts", question, task,
           parts.size());
  QuestionSums sums{.task = task, .question = question, .parts = std::move(parts)};
  judge(*this, sums);
  return sums;
}

Index best_choice(const std::vector<PartSums>& parts, const std::vector<Index>& lengths) {
  NF_CHECK(lengths.empty() || lengths.size() == parts.size(), "{} lengths of {} choices",
           lengths.size(), parts.size());
  const auto value = [&](std::size_t choice) {
    const double loglikelihood = -parts[choice].nll;
    return lengths.empty() ? loglikelihood : loglikelihood / static_cast<double>(lengths[choice]);
  };
  std::size_t best = 0;
  for (std::size_t choice = 1; choice < parts.size(); ++choice)
    if (value(choice) > value(best)) best = choice;
  return static_cast<Index>(best);
}

}  // namespace nf
