#include <algorithm>
#include <iterator>

#include "eval/cli/command.h"
#include "eval/cli/enum_option.h"
#include "eval/cli/run_rows.h"
#include "eval/output/standard_streams.h"
#include "eval/predict/law_report.h"
#include "eval/records/trial_choice.h"
#include "eval/results/row_fields.h"
#include "eval/tables/design_findings.h"
#include "eval/tables/law_csv.h"
#include "eval/tables/law_table.h"

namespace nf {
namespace {

std::vector<TrialSelector> selectors_of(const CommandLine& line, const char* option,
                                        const std::vector<RowKey>& keys) {
  if (!line.has(option)) return {};
  return parse_trial_selectors(line.texts(option), keys);
}

/// Takes away the trials that are not chosen. The baseline and the floor stay, which every damage
/// is measured from.
void keep_chosen(const TrialChoice& choice, RunRows& runs) {
  const auto is_measured = [](const RowKey& key) {
    return key.name != "baseline" && !is_floor(key);
  };
  std::vector<RowKey> trials;
  std::copy_if(runs.keys.begin(), runs.keys.end(), std::back_inserter(trials), is_measured);
  choice.check(trials);
  const auto is_left_out = [&](const RowKey& key) {
    return is_measured(key) && !choice.holds(key.name, key.vars);
  };
  std::erase_if(runs.keys, is_left_out);
  std::erase_if(runs.rows, [&](const ResultRow& row) { return is_left_out(row.key); });
}

}  // namespace

int law_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line(
      "law RUN... [--kind additive|coverage] [--size l2|output_error|both] [--from TRIAL]... "
      "[--trials NAME]...",
      "Fits a law of damage to noise in one part of the model at a time, and holds it against\n"
      "trials that it has never seen: quantizers, noise everywhere, pairs. additive: KL = Σ α·t²\n"
      "over the parts, t² the squared size of δ there. coverage: damage saturates, KL =\n"
      "c(1 − Π(1 − a)); c comes from the trial that has the noise everywhere, and the law is told\n"
      "not to hold where there is no such c. Several runs are taken together, model by model.");
  line.positionals("RUN...", "run folders")
      .option("kind", "additive (default) or coverage")
      .option("size",
              "the size of δ at a site: l2 (default), output_error (‖Xδᵀ‖²/‖XWᵀ‖², recorded with "
              "`predict:`) or both, their geometric mean")
      .repeated("from",
                "TRIAL to fit on, 'noise*', or NAME:VARIABLE=VALUE; may be repeated; default: "
                "noise trials "
                "made by `each`")
      .repeated("predict",
                "TRIAL to predict, each of its lines shown; may be repeated; default: all others")
      .repeated("trials", kTrialsHelp)
      .option("csv", "also write all figures to this file");
  if (!line.parse(arguments)) return 0;
  LawRequest request;
  request.kind = enum_option(line, "kind", kLawKinds, LawKind::additive);
  request.measure = enum_option(line, "size", kSizeMeasures, SizeMeasure::l2);
  RunRows runs = read_run_rows(line.texts("RUN..."), RecordParts::tables);
  keep_chosen(TrialChoice(line.texts("trials")), runs);
  request.from = selectors_of(line, "from", runs.keys);
  request.predict = selectors_of(line, "predict", runs.keys);
  std::vector<LawReport> reports;
  std::string text;
  for (const ModelLines& model : group_rows(runs.rows)) {
    reports.push_back(law_report(model, request));
    text += (text.empty() ? "" : "\n") + law_text(reports.back(), design_findings(model, runs.keys),
                                                  !request.predict.empty(), terminal_columns());
  }
  if (line.has("csv")) write_law_csv(reports, sweep_variables(runs.keys), line.text("csv"));
  print_out("{}", text);
  return 0;
}

}  // namespace nf
