#include "eval/analysis/mean_figure.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/metrics/summed_figures.h"

namespace nf {
namespace {

std::vector<MeanFigure> mean_figures(const std::vector<TaskHeading>& tasks) {
  std::vector<MeanFigure> figures;
  for (const SummedFigure& figure : window_figures())
    if (figure.difference != nullptr)
      figures.push_back({figure.mean, text_figure(figure), figure.higher_is_better,
                         figure.where_named, figure.baseline == BaselineSum::zero});
  for (const TaskHeading& task : tasks)
    figures.push_back({task.name + "_acc", delta_accuracy_figure(task), true});
  return figures;
}

/// Throws where none of the figures has what is asked of them.
void check_zero(const std::vector<MeanFigure>& figures, const CompareOptions& options) {
  if (std::any_of(figures.begin(), figures.end(),
                  [](const MeanFigure& one) { return one.has_zero; }))
    return;
  const MeanFigure& figure = figures.front();
  if (options.ratio)
    throw ConfigError(
        fmt::format("--ratio: {} is not counted from 0, so its ratio says nothing; take kl or "
                    "kl_reverse",
                    figure.name));
  if (options.margin && options.margin->is_share)
    throw ConfigError(
        fmt::format("--equivalent {}: {} is not counted from 0, so a share of it says nothing; "
                    "give a number in its unit, such as 0.01, or take kl or kl_reverse",
                    options.margin->text, figure.name));
}

}  // namespace

std::vector<MeanFigure> compared_figures(const std::vector<TaskHeading>& tasks,
                                         const CompareOptions& options) {
  std::vector<MeanFigure> figures = mean_figures(tasks);
  std::vector<std::string> names = options.figures;
  if (names.empty() && (options.ratio || options.margin)) names = {"kl"};
  if (names.empty()) {
    std::erase_if(figures, [](const MeanFigure& figure) { return figure.where_named; });
    return figures;
  }
  std::vector<MeanFigure> chosen;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(figures.begin(), figures.end(),
                     [&name](const MeanFigure& figure) { return figure.name == name; });
    if (found == figures.end()) {
      std::vector<std::string> known;
      for (const MeanFigure& figure : figures) known.push_back(figure.name);
      throw ConfigError(
          fmt::format("--figure: unknown figure '{}'{}", printable(name), suggestion(name, known)));
    }
    chosen.push_back(*found);
  }
  check_zero(chosen, options);
  return chosen;
}

}  // namespace nf
