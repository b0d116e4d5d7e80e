#include "eval/export/run_views.h"

#include <fmt/format.h>

#include "eval/metrics/columns.h"
#include "eval/metrics/summed_figures.h"
#include "eval/output/sqlite_file.h"
#include "eval/results/figures.h"

namespace nf {
namespace {

/// The trials as they begin each row of the other two views, from t (trials) and m (models).
constexpr const char* kTrial = "t.trial_id, t.id, t.name, m.name AS model, t.seed";
/// The trial's model and its baseline, behind t.
constexpr const char* kBaseline =
    "JOIN models m ON m.model_id = t.model_id "
    "JOIN trials base ON base.model_id = t.model_id AND base.name = 'baseline'";

/// statistics.csv, a row for each line of it: its figures side by side.
std::string summary_view(const std::vector<std::string>& variables,
                         const std::vector<TaskHeading>& tasks) {
  const auto own = [&variables](const char* column) {
    return sql_name(own_column(kStatisticsStem, column, variables));
  };
  std::string of_variables;
  for (const std::string& variable : variables) of_variables += ", " + sql_name(variable);
  std::string columns = fmt::format("id, name, model, seed{}, MAX({}) AS {}", of_variables,
                                    own("seeds"), own("seeds"));
  for (const char* size : {"relative_l2_weight", "relative_l2_input"})
    columns += fmt::format(
        ", (SELECT {0} FROM results WHERE results.id = statistics.id AND results.model = "
        "statistics.model LIMIT 1) AS {0}",
        size);
  for (const Figure& figure : all_figures(tasks)) {
    const auto add = [&](const char* column, const std::string& suffix) {
      columns += fmt::format(", MAX(CASE WHEN {} = {} THEN {} END) AS {}", own("figure"),
                             sql_text(figure.name), own(column), sql_name(figure.name + suffix));
    };
    add("estimate", "");
    add("low", "_low");
    add("high", "_high");
  }
  return fmt::format(
      "CREATE VIEW summary AS SELECT {} FROM statistics GROUP BY id, name, model, seed{} "
      "ORDER BY MIN(rowid);",
      columns, of_variables);
}

/// A figure of one window, w, less the baseline's, b, per token.
std::string window_figure(const SummedFigure& figure) {
  switch (figure.baseline) {
    case BaselineSum::measured:
      return fmt::format("(w.{0} - b.{0}) / w.tokens", figure.name);
    case BaselineSum::all_tokens:
      return fmt::format("1.0 * w.{} / w.tokens - 1.0", figure.name);
    case BaselineSum::zero:
      break;
  }
  return fmt::format("1.0 * w.{} / w.tokens", figure.name);
}

std::string window_deltas_view() {
  std::string columns = fmt::format("{}, w.window, w.document, w.tokens", kTrial);
  for (const SummedFigure& figure : window_figures())
    if (figure.difference != nullptr)
      columns += fmt::format(", {} AS {}", window_figure(figure), figure.difference);
  return fmt::format(
      "CREATE VIEW window_deltas AS SELECT {} FROM windows w JOIN trials t ON t.trial_id = "
      "w.trial_id {} JOIN windows b ON b.trial_id = base.trial_id AND b.window = w.window "
      "WHERE t.trial_id <> base.trial_id;",
      columns, kBaseline);
}

std::string answers_view() {
  return fmt::format(
      "CREATE VIEW answers AS SELECT {}, q.task, q.question, q.correct, b.correct AS "
      "baseline_correct, q.correct_norm, b.correct_norm AS baseline_correct_norm FROM questions q "
      "JOIN trials t ON t.trial_id = q.trial_id {} JOIN questions b ON b.trial_id = base.trial_id "
      "AND b.task = q.task AND b.question = q.question WHERE t.trial_id <> base.trial_id;",
      kTrial, kBaseline);
}

}  // namespace

std::vector<std::string> run_views(const std::vector<std::string>& variables,
                                   const std::vector<TaskHeading>& tasks) {
  return {summary_view(variables, tasks), window_deltas_view(), answers_view()};
}

}  // namespace nf
