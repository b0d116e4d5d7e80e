#include <fmt/format.h>

#include "core/base/error.h"
#include "eval/analysis/compare.h"
#include "eval/analysis/compare_others.h"
#include "eval/analysis/comparison.h"
#include "eval/cli/command.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"
#include "eval/records/mixed_env.h"
#include "eval/records/run_folder.h"
#include "eval/results/run_results.h"
#include "eval/tables/compare_csv.h"
#include "eval/tables/compare_table.h"

namespace nf {
namespace {

/// The trials of the command line; a single one with all others that it can be compared with.
OtherTrials selectors_of(const std::vector<std::string>& texts, const RunContents& run,
                         bool all_pairs) {
  const std::vector<TrialSelector> selectors = parse_trial_selectors(texts, *run.manifest.rows);
  if (all_pairs || selectors.size() > 1) return {.selectors = selectors};
  OtherTrials others = other_trials(selectors.front(), *run.manifest.rows);
  if (others.selectors.empty() && !others.left_out.empty()) throw ConfigError(others.left_out);
  if (others.selectors.empty())
    throw ConfigError(
        fmt::format("{}: is the only trial of {}; two points of its sweep are compared as "
                    "NAME:VARIABLE=VALUE NAME:VARIABLE=VALUE, or all with --all-pairs",
                    texts.front(), run.dir.string()));
  others.selectors.insert(others.selectors.begin(), selectors.front());
  return others;
}

/// Without a trial: what there is.
void print_trials(const RunContents& run) {
  print_out("{}", list_trials(*run.manifest.rows));
  if (trial_names(*run.manifest.rows).size() > 1)
    print_out(
        "\nnoisefloor compare {} TRIAL TRIAL...: the first is the one that the others are compared "
        "with\n",
        run.dir.string());
}

}  // namespace

int compare_command(const std::vector<std::string>& arguments, const KindsPtr&) {
  CommandLine line(
      "compare RUN [TRIAL [TRIAL...]] [--figure F,...] [--ratio] [--equivalent 5%] [--all-pairs]",
      "Says whether trials of a run folder, finished or not, differ from each other: paired\n"
      "block by block and, where they share draws, seed by seed. The first trial is the one\n"
      "that the others are compared with; alone, all others are whose lines have one partner\n"
      "each among its points. Points of sweeps are compared where the variables that both\n"
      "have are equal. NAME:bits=3,g=64 narrows a trial to points of its sweep; what both\n"
      "name need not be equal (of one trial with itself, what either names). Without a trial:\n"
      "what there is. Trials of two folders are compared in the one that 'noisefloor merge'\n"
      "makes of them. docs/statistics.md explains the figures.");
  line.positional("RUN", "the run folder")
      .positionals("TRIAL...",
                   "names of trials, also 'gauss*' in quotes, or NAME:VARIABLE=VALUE,...", true)
      .option("figure",
              "figures to compare: nll, kl, kl_reverse, top1_agreement, TASK_acc; all by "
              "default")
      .flag("ratio", "also KL of one over the other, with its interval")
      .option("equivalent",
              "also whether they are the same within a share of KL (5%) or a number (0.01)")
      .flag("all-pairs", "each line of these trials (default: of all) with each")
      .option("sort",
              "difference, p, ratio, name or a figure, the best first; --sort=-p the other way "
              "round")
      .option("format",
              "table (default), markdown, latex, csv or json; the last two have all digits")
      .option("csv", "also write all columns to this file");
  if (!line.parse(arguments)) return 0;
  const TableFormat format = format_option(line);
  const bool has_values = line.has("csv") || !is_for_readers(format);
  CompareOptions options{.figures = list_option(line, "figure"),
                         .ratio = line.has("ratio"),
                         .all_pairs = line.has("all-pairs"),
                         .sort = list_option(line, "sort"),
                         .bootstrap = has_values};
  if (line.has("equivalent")) options.margin = parse_equivalence_margin(line.text("equivalent"));
  RunContents run = RunFolder::read(line.text("RUN"), RecordParts::figures);
  std::vector<std::string> trials = line.texts("TRIAL...");
  if (trials.empty() && options.all_pairs) trials = trial_names(*run.manifest.rows);
  if (trials.empty()) {
    print_trials(run);
    return 0;
  }
  const OtherTrials compared = selectors_of(trials, run, options.all_pairs);
  if (run.records.empty())
    throw ConfigError((run.dir / kRecords).string() +
                      ": holds no records yet, there is nothing to compare");
  TrialComparison comparison =
      compare_trials(take_results(run), *run.manifest.rows, run.manifest.tasks, compared.selectors,
                     run.manifest.models, options);
  if (!compared.left_out.empty()) comparison.remarks.push_back(compared.left_out);
  if (const std::string mixed = mixed_env_text(run.manifest); !mixed.empty())
    comparison.remarks.push_back(mixed);
  if (line.has("csv")) write_comparison_csv(comparison, line.text("csv"));
  if (is_for_readers(format))
    print_out("{}", comparison_table(comparison, terminal_columns(), format));
  else if (format == TableFormat::csv)
    print_out("{}", comparison_csv(comparison));
  else
    print_out("{}", json_text(comparison_values(comparison)));
  return 0;
}

}  // namespace nf
