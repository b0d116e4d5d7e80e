#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/config/scalar.h"
#include "core/io/atomic_file.h"
#include "eval/cli/command.h"
#include "eval/cli/enum_option.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/output/short_list.h"
#include "eval/output/standard_streams.h"
#include "eval/output/value_table.h"
#include "eval/predict/allocation_arms.h"
#include "eval/predict/allocation_experiment.h"
#include "eval/predict/coverage_law.h"
#include "eval/predict/law_report.h"
#include "eval/predict/resolved_entries.h"
#include "eval/results/run_results.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

struct Request {
  std::vector<Index> bits{};
  double size = 0.0;
  LawKind law = LawKind::additive;
  SizeMeasure measure = SizeMeasure::l2;
  std::string of{};
};

std::vector<Index> bits_option(const CommandLine& line) {
  std::set<Index> bits;
  for (const std::string& text : list_option(line, "bits")) {
    const std::optional<Index> number = parse_integer(text);
    if (!number || *number < 2 || *number > 8)
      throw ConfigError(
          fmt::format("--bits: '{}' is no number of bits between 2 and 8; write "
                      "--bits 3,4,5",
                      printable(text)));
    bits.insert(*number);
  }
  if (bits.size() < 2)
    throw ConfigError(
        "--bits: needs two numbers of bits at least to choose from, as in --bits 3,4");
  return {bits.begin(), bits.end()};
}

double size_option(const CommandLine& line) {
  const std::optional<double> size = parse_number(line.text("size"));
  if (!size || !(*size > 0.0) || !std::isfinite(*size))
    throw ConfigError(fmt::format("--size: '{}' is no number of bits a weight; write --size 4.5",
                                  printable(line.text("size"))));
  return *size;
}

/// The model of the run that is meant.
std::size_t model_of(const CommandLine& line, const Experiment& experiment) {
  std::vector<std::string> names;
  for (const ExperimentModel& model : experiment.models) names.push_back(model.name);
  if (!line.has("model")) {
    if (names.size() > 1)
      throw ConfigError(
          fmt::format("the run has several models, each with bits of its own; say "
                      "which: --model {}",
                      fmt::join(names, " | --model ")));
    return 0;
  }
  const auto found = std::find(names.begin(), names.end(), line.text("model"));
  if (found == names.end())
    throw ConfigError(fmt::format("--model: no '{}' in the run{}", printable(line.text("model")),
                                  suggestion(line.text("model"), names)));
  return static_cast<std::size_t>(found - names.begin());
}

bool is_twin(const Json& vars) {
  const auto twin = vars.find("twin");
  return twin != vars.end() && twin->is_string() && *twin != "";
}

/// The trials that are meant, one for each point.
std::vector<const Trial*> points_of(const ExperimentModel& model, const TrialSelector& selector) {
  std::vector<const Trial*> points;
  for (const Trial& trial : model.trials) {
    RowKey key;
    key.name = trial.name;
    key.vars = trial.vars;
    if (!selector.selects(key) || is_twin(trial.vars)) continue;
    if (std::none_of(points.begin(), points.end(),
                     [&trial](const Trial* known) { return known->vars == trial.vars; }))
      points.push_back(&trial);
  }
  return points;
}

/// The variable of the sweep that says the bits, where there is one.
std::string bits_variable(const std::vector<const Trial*>& points) {
  for (const auto& [name, value] : points.front()->vars.items()) {
    const bool says_bits =
        std::all_of(points.begin(), points.end(), [&name = name](const Trial* point) {
          const auto found = point->vars.find(name);
          return found != point->vars.end() && *found == Json(bits_of_weights(*point));
        });
    if (says_bits) return name;
  }
  return "";
}

[[noreturn]] void refuse_missing(const Request& request, const std::vector<const Trial*>& points,
                                 Index missing) {
  std::set<Index> all(request.bits.begin(), request.bits.end());
  for (const Trial* point : points) all.insert(bits_of_weights(*point));
  const std::string variable = bits_variable(points);
  const std::string line =
      variable.empty()
          ? fmt::format("write its quantizer with \"${{bits}}\" and `sweep: {{bits: [{}]}}`",
                        fmt::join(all, ", "))
          : fmt::format("`sweep: {{{}: [{}]}}` in the experiment adds it", variable,
                        fmt::join(all, ", "));
  throw ConfigError(
      fmt::format("{}: the run has no trial of it with {} bits; {}, and `noisefloor "
                  "run` runs it",
                  printable(request.of), missing, line));
}

std::vector<BitsPoint> bits_points(const Request& request, const ExperimentModel& model,
                                   const std::vector<ResultRow>& rows,
                                   const TrialSelector& selector) {
  const std::vector<const Trial*> points = points_of(model, selector);
  if (points.empty())
    throw ConfigError(fmt::format("{}: no such trial on {}", printable(request.of), model.name));
  std::vector<BitsPoint> found;
  for (const Index bits : request.bits) {
    BitsPoint point{.bits = bits};
    std::vector<std::string> same;
    for (const Trial* trial : points) {
      if (bits_of_weights(*trial) != bits) continue;
      RowKey key;
      key.name = trial->name;
      key.vars = trial->vars;
      same.push_back(condition_text(key));
      point.trial = trial;
    }
    if (same.empty()) refuse_missing(request, points, bits);
    if (same.size() > 1)
      throw ConfigError(fmt::format(
          "{}: several points have {} bits: {}; name the one that is "
          "meant, as in --of {}:VARIABLE=VALUE",
          printable(request.of), bits, short_list(same, "; ", "points"), printable(selector.name)));
    for (const ResultRow& row : rows)
      if (row.key.model == model.name && row.key.name == point.trial->name &&
          row.key.vars == point.trial->vars && !row.failed() && !row.sites.empty())
        point.rows.push_back(&row);
    if (point.rows.empty())
      throw ConfigError(
          fmt::format("{}: has not run yet; `noisefloor run` goes on with it", same.front()));
    found.push_back(std::move(point));
  }
  return found;
}

/// The law that weighs the sites, whichever kind it is.
struct SiteLaw {
  std::optional<AdditiveLaw> additive{};
  std::optional<CoverageLaw> coverage{};

  double weight(const std::string& site) const {
    const std::optional<double> alpha =
        coverage ? coverage->exponents().alpha(site) : additive->alpha(site);
    if (!alpha)
      throw ConfigError(fmt::format(
          "{}: no noise of `each` has acted there, so what it costs is not known; add a trial such "
          "as {{name: alpha, each: site, perturb: gaussian l2=0.1}} on all sites and run it",
          site));
    return *alpha;
  }
  double damage(double sum) const { return coverage ? -coverage->cap() * std::expm1(-sum) : sum; }
};

SiteLaw fit_law(const Request& request, const std::string& model,
                const std::vector<ResultRow>& rows) {
  std::vector<const ResultRow*> each, noise;
  for (const ResultRow& row : rows) {
    if (row.key.model != model || !is_sized_noise(row.key)) continue;
    noise.push_back(&row);
    if (is_noise_of_each(row.key)) each.push_back(&row);
  }
  SiteLaw law;
  if (request.law == LawKind::additive)
    law.additive = AdditiveLaw::fit(each, request.measure);
  else
    law.coverage = CoverageLaw::fit(noise, request.measure);
  if (law.additive || law.coverage) return law;
  throw ConfigError(fmt::format(
      "{}: no {} law of {} can be fitted{}; `noisefloor law --kind {}` says more", model,
      enum_name(request.law), enum_name(request.measure),
      each.empty() ? ": there is no noise of `each`; add a trial such as {name: alpha, each: site, "
                     "perturb: gaussian l2=0.1} and run it"
                   : "",
      enum_name(request.law)));
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

/// The table of the trials, a line each.
std::vector<std::string> arm_lines(const std::vector<AllocationArm>& arms, double weights,
                                   const SiteLaw& law) {
  std::vector<std::string> lines = {padded("trial", 14) + padded("bits a weight", 16) +
                                    "predicted KL"};
  for (const AllocationArm& arm : arms)
    lines.push_back(
        padded(arm.name, 14) +
        padded(fixed_number(static_cast<double>(arm.allocation.size) / weights, 4), 16) +
        figure_number(law.damage(arm.allocation.damage)));
  return lines;
}

std::string counts_text(const Allocation& allocation, const std::vector<Index>& bits) {
  std::vector<std::string> counts;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const auto sites = std::count(allocation.choices.begin(), allocation.choices.end(), i);
    if (sites > 0)
      counts.push_back(fmt::format("{} bits at {} site{}", bits[i], sites, sites == 1 ? "" : "s"));
  }
  return fmt::format("{}", fmt::join(counts, ", "));
}

ValueTable site_table(const std::vector<AllocationSite>& sites,
                      const std::vector<AllocationArm>& arms, const Request& request,
                      const SiteLaw& law) {
  ValueTable table{.columns = {"site", "weights", "weight_of_law"}};
  for (const Index bits : request.bits) table.columns.push_back(fmt::format("t2_{}", bits));
  for (const AllocationArm& arm : arms) table.columns.push_back(arm.name);
  for (std::size_t i = 0; i < sites.size(); ++i) {
    std::vector<Json>& row = table.rows.emplace_back();
    row = {sites[i].site.name(), sites[i].weights, law.weight(sites[i].site.name())};
    for (const double t2 : sites[i].t2) row.push_back(t2);
    for (const AllocationArm& arm : arms) row.push_back(request.bits[arm.allocation.choices[i]]);
  }
  return table;
}

void write_new_file(const fs::path& file, const std::string& text) {
  if (fs::exists(file))
    throw ConfigError(
        fmt::format("--out: {} is there already; choose another name", byte_text(file.string())));
  write_file_atomically(file, text);
}

}  // namespace

int allocate_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "allocate RUN --of TRIAL --bits 3,4,5 --size 4.5 [--out FILE.yaml] [--model NAME]",
      "Chooses the bits of each weight so that a law of damage predicts the least within a size,\n"
      "exactly, and writes the experiment that tests the choice: against uniform bits of the\n"
      "nearest sizes, random choices of the same size, and the choice by plain relative L2.\n"
      "TRIAL is a quantizer of weights that the run has at each of the bits; the law is fitted on\n"
      "the run's noise of `each`. The size counts 16 bits a scale and the bits of a zero point.");
  line.positional("RUN", "the run folder")
      .required("of", "TRIAL, or NAME:VARIABLE=VALUE where its sweep is over more than bits")
      .required("bits", "the bits to choose from, as in 3,4,5")
      .required("size", "bits a weight, at most, on average over the trial's sites")
      .option("out",
              "the experiment to write; default: standard output, for a file in this directory")
      .option("model", "the model, where the run has several")
      .option("law", "additive (default) or coverage")
      .option("measure", "the size of δ that the law takes: l2 (default), output_error or both")
      .option("csv", "also write the choices of each site to this file");
  if (!line.parse(arguments)) return 0;
  const Request request{.bits = bits_option(line),
                        .size = size_option(line),
                        .law = enum_option(line, "law", LawKind::additive),
                        .measure = enum_option(line, "measure", SizeMeasure::l2),
                        .of = line.text("of")};
  const RunContents run = RunFolder::read(line.text("RUN"), RecordParts::all);
  const TrialSelector selector = parse_trial_selector(request.of, *run.manifest.rows);
  const Experiment experiment = Experiment::load(run.source(), kinds);
  const std::size_t number = model_of(line, experiment);
  const ExperimentModel& model = experiment.models[number];
  const DecoderSpec& spec = model.decoder.spec();
  std::vector<ResultRow> rows = results_of(run);
  fill_entries(run, rows);
  const std::vector<BitsPoint> points = bits_points(request, model, rows, selector);
  const SiteLaw law = fit_law(request, model.name, rows);
  const std::vector<AllocationSite> sites = allocation_sites(points, request.measure, spec);
  const std::vector<AllocationArm> arms = allocation_arms(
      sites, {.bits = request.bits,
              .weight = [&law](const std::string& site) { return law.weight(site); },
              .bits_a_weight = request.size});
  std::vector<std::string> comment = {
      fmt::format("Bits for {} weights of {} in at most {} bits a weight, as `noisefloor allocate`",
                  sites.size(), printable(model.name), csv_number(request.size)),
      fmt::format("chose them for {} by the {} law of {}: {}.", printable(request.of),
                  enum_name(request.law), enum_name(request.measure),
                  counts_text(arms.front().allocation, request.bits)),
      ""};
  for (std::string& text : arm_lines(arms, static_cast<double>(weights_of(sites)), law))
    comment.push_back("  " + text);
  const std::string name = experiment.config.experiment + "-allocated";
  const fs::path out = line.has("out") ? line.text("out") : "";
  std::string others;
  std::vector<std::pair<std::string, Json>> trials;
  for (const AllocationArm& arm : arms) {
    trials.emplace_back(arm.name, allocated_entries(points, sites, arm.allocation.choices, spec));
    if (arm.name != "allocated") others += " " + arm.name;
  }
  const std::vector<std::string> how = {
      "", "Once it has run, this says of each of the others whether it is worse than `allocated`,",
      "with its interval; a ratio of KL above 1 is in favour of the law's choice:", "",
      fmt::format("  noisefloor compare runs/{} allocated{} --figure kl --ratio", name, others)};
  comment.insert(comment.end(), how.begin(), how.end());
  const fs::path directory =
      (fs::current_path() / out.parent_path() / "").lexically_normal().parent_path();
  const std::string text =
      experiment_with_trials(experiment, comment, name, number, trials, directory);
  if (line.has("csv"))
    write_file_atomically(line.text("csv"), csv_text(site_table(sites, arms, request, law)));
  if (out.empty()) {
    print_out("{}", text);
    return 0;
  }
  write_new_file(out, text);
  for (const std::string& shown : comment) print_out("{}\n", shown);
  print_out("\n{0}: `noisefloor plan {0}` says what it costs, `noisefloor run {0}` runs it\n",
            byte_text(out.string()));
  return 0;
}

}  // namespace nf
