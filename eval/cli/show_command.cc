#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/cli/command.h"
#include "eval/output/standard_streams.h"
#include "eval/records/env_arithmetic.h"
#include "eval/records/file_names.h"
#include "eval/records/mixed_env.h"
#include "eval/records/run_folder.h"
#include "eval/results/run_results.h"
#include "eval/tables/findings.h"
#include "eval/tables/shown_results.h"

namespace nf {
namespace {

std::vector<TrialSelector> selectors_of(const std::vector<std::string>& texts,
                                        const RunContents& run) {
  std::vector<TrialSelector> selectors;
  std::vector<std::string> trials;
  for (const std::string& text : texts) {
    if (text == "baseline")  // no trial, but a line of its own
      selectors.push_back({.text = text, .name = text});
    else
      trials.push_back(text);
  }
  for (TrialSelector& trial : parse_trial_selectors(trials, *run.manifest.rows))
    selectors.push_back(std::move(trial));
  return selectors;
}

}  // namespace

int show_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "show RUN [TRIAL...] [--figure F,...] [--sort F,...] [--top N] [--format FORMAT]",
      "Prints the results of a run folder, also while the run goes on: a line for each trial and\n"
      "sweep point, its seeds together, below the baseline of each model. NAME:bits=3,g=64 "
      "narrows\n"
      "a trial to points of its sweep. For whole tables of every seed there are the csv files.");
  line.positional("RUN", "the run folder")
      .positionals(
          "TRIAL...",
          "names of trials, also 'gauss*' in quotes, or NAME:VARIABLE=VALUE,...; all without "
          "any",
          true)
      .option("figure",
              "figures to show, with their intervals: nll, ppl, kl, kl_reverse, top1_agreement, "
              "bits_per_byte, relative_l2, TASK_acc")
      .option("columns",
              "columns to show instead, in this order, named as in results.csv, kl_low and "
              "kl_high too; also the variables of sweeps and seeds")
      .option("sort",
              "columns to sort by, the best first; --sort=-NAME the other way round; default: as "
              "in the experiment")
      .option("top", "show the first so many trials of each model alone")
      .option("format",
              "table (default), markdown, latex, csv or json; the last two have all digits");
  if (!line.parse(arguments)) return 0;
  const std::optional<std::int64_t> top = line.number("top", 1);
  ShowRequest request{.figures = list_option(line, "figure"),
                      .columns = list_option(line, "columns"),
                      .sort = list_option(line, "sort"),
                      .top = top ? std::optional<Index>(*top) : std::nullopt,
                      .format = format_option(line)};
  if (!request.figures.empty() && !request.columns.empty())
    throw ConfigError("--figure and --columns: each says what is shown; give one of them");
  RunContents run = RunFolder::read(line.text("RUN"), RecordParts::figures);
  request.selectors = selectors_of(line.texts("TRIAL..."), run);
  if (run.records.empty())
    throw ConfigError((run.dir / kRecords).string() +
                      ": holds no records yet, there is nothing to show");
  const FollowedSearches searches = searches_of(run);
  const std::vector<ResultRow> rows =
      build_results(searches.rows(), std::move(run.records), run.manifest.models);
  const Index columns = terminal_columns();
  print_out("{}",
            shown_results(rows, searches, kinds->metrics, run.manifest.tasks, request, columns));
  if (const std::string mixed = mixed_env_text(run.manifest); !mixed.empty()) {
    if (is_for_readers(request.format))
      print_out("\n{}\n", mixed);
    else
      print_warnings({mixed});
  }
  if (const std::string arithmetic = env_arithmetic(run.manifest.env);
      !arithmetic.empty() && is_for_readers(request.format))
    print_out("\nall of it in arithmetic: {}; kl_floor is the KL of that to f32\n",
              printable(arithmetic));
  if (request.is_whole() && request.format == TableFormat::table)
    print_out("{}", findings_text(rows, searches, columns));
  return 0;
}

}  // namespace nf
