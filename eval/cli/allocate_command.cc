#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "core/base/byte_text.h"
#include "core/base/counted.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/config/scalar.h"
#include "core/io/atomic_file.h"
#include "eval/allocate/allocation_arms.h"
#include "eval/allocate/allocation_experiment.h"
#include "eval/allocate/allocation_points.h"
#include "eval/cli/command.h"
#include "eval/cli/enum_option.h"
#include "eval/cli/resolved_entries.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/output/replaceable_csv.h"
#include "eval/output/standard_streams.h"
#include "eval/output/value_table.h"
#include "eval/predict/site_law.h"
#include "eval/results/run_results.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// The columns of --csv behind kTrialColumns: weight is the law's, share weight·t².
constexpr const char* kSiteColumns[] = {"site", "weights", "bits", "size", "t2", "weight", "share"};

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
    if (sites > 0) counts.push_back(fmt::format("{} bits at {}", bits[i], counted(sites, "site")));
  }
  return fmt::format("{}", fmt::join(counts, ", "));
}

/// A row for each site of each trial.
ValueTable site_table(const std::string& model, const std::vector<AllocationSite>& sites,
                      const std::vector<AllocationArm>& arms, const Request& request,
                      const SiteLaw& law) {
  ValueTable table;
  table.columns.assign(std::begin(kTrialColumns), std::end(kTrialColumns));
  table.columns.insert(table.columns.end(), std::begin(kSiteColumns), std::end(kSiteColumns));
  for (const AllocationArm& arm : arms) {
    for (std::size_t i = 0; i < sites.size(); ++i) {
      const AllocationSite& site = sites[i];
      const std::size_t choice = arm.allocation.choices[i];
      const double weight = law.weight(site.site.name());
      table.rows.push_back({nullptr, arm.name, model, nullptr, site.site.name(), site.weights,
                            request.bits[choice], site.sizes[choice], site.t2[choice], weight,
                            weight * site.t2[choice]});
    }
  }
  return table;
}

void write_site_csv(const ValueTable& table, const fs::path& file) {
  check_replaceable_csv(file, "allocate", {std::begin(kSiteColumns), std::end(kSiteColumns)},
                        "allocation");
  write_file_atomically(file, csv_text(table));
}

/// What the experiment says of itself, above its first line.
/// Whether a quantizer of the trial searches once for several weights, which bits of their own
/// part.
bool searches_together(const Trial& trial) {
  return std::any_of(trial.entries.begin(), trial.entries.end(), [](const Entry& entry) {
    const Json config = entry.config();
    const auto has = [&config](const char* key, const char* word) {
      const auto found = config.find(key);
      return found != config.end() &&
             (*found == Json(word) || (found->is_object() && found->contains(word)));
    };
    return has("channel_scale", "awq") || has("granularity", "adaptive");
  });
}

std::vector<std::string> comment_of(const Request& request, const std::string& model,
                                    const std::vector<AllocationSite>& sites,
                                    const std::vector<AllocationArm>& arms, const SiteLaw& law,
                                    const std::string& name, bool search_together) {
  std::vector<std::string> comment = {
      fmt::format("Bits for {} of {} in at most {} bits a weight, as `noisefloor allocate`",
                  counted(std::ssize(sites), "weight"), printable(model), csv_number(request.size)),
      fmt::format("chose them for {} by the {} law of {}: {}.", printable(request.of),
                  law_kind_name(request.law), size_measure_name(request.measure),
                  counts_text(arms.front().allocation, request.bits)),
      ""};
  for (const std::string& text : arm_lines(arms, static_cast<double>(weights_of(sites)), law))
    comment.push_back("  " + text);
  std::set<double> parts;
  for (const AllocationSite& site : sites) parts.insert(law.weight(site.site.name()));
  if (parts.size() < sites.size())
    comment.insert(
        comment.end(),
        {"",
         fmt::format("The law knows {} of these {}: those that its noise met together",
                     counted(std::ssize(parts), "part"), counted(std::ssize(sites), "weight")),
         "count the same, and share bits by the size of their errors alone."});
  if (search_together)
    comment.insert(
        comment.end(),
        {"", "Its search for several weights at once goes apart where their bits do: t² of",
         "them is then not quite that of the trial that the law went by."});
  std::string others;
  for (const AllocationArm& arm : arms)
    if (arm.name != arms.front().name) others += " " + arm.name;
  const std::vector<std::string> how = {
      "", "Once it has run, this says of each of the others whether it is worse than `allocated`,",
      "with its interval; a ratio of KL above 1 is in favour of the law's choice:", "",
      fmt::format("  noisefloor compare runs/{} allocated{} --figure kl --ratio", name, others)};
  comment.insert(comment.end(), how.begin(), how.end());
  return comment;
}

void write_new_file(const fs::path& file, const std::string& text) {
  if (fs::exists(file))
    throw ConfigError(
        fmt::format("--out: {} is there already; choose another name", byte_text(file.string())));
  write_file_atomically(file, text);
}

struct AllocatedExperiment {
  std::vector<std::string> comment{};
  std::string text{};
  ValueTable sites{};
};

/// folder: that the experiment will lie in.
AllocatedExperiment allocate_bits(const CommandLine& line, const Request& request,
                                  const fs::path& folder, const KindsPtr& kinds) {
  const RunContents run = RunFolder::read(line.text("RUN"), RecordParts::all);
  const TrialSelector selector = parse_trial_selector(request.of, *run.manifest.rows);
  const Experiment experiment = Experiment::load(run.source(), kinds);
  const std::size_t number = model_of(line, experiment);
  const ExperimentModel& model = experiment.models[number];
  const DecoderSpec& spec = model.decoder.spec();
  std::vector<ResultRow> rows = results_of(run);
  fill_entries(run, rows);
  const std::vector<BitsPoint> points = bits_points(model, selector, request.bits, rows);
  const SiteLaw law = fit_site_law(request.law, request.measure, model.name, rows);
  const std::vector<AllocationSite> sites = allocation_sites(points, request.measure, spec);
  const std::vector<AllocationArm> arms = allocation_arms(
      sites, {.bits = request.bits,
              .weight = [&law](const std::string& site) { return law.weight(site); },
              .bits_a_weight = request.size});
  const std::string name = experiment.config.experiment + "-allocated";
  AllocatedExperiment made{.comment = comment_of(request, model.name, sites, arms, law, name,
                                                 searches_together(*points.front().trial)),
                           .sites = site_table(model.name, sites, arms, request, law)};
  std::vector<std::pair<std::string, Json>> trials;
  for (const AllocationArm& arm : arms) {
    Json keys = {{"distort", allocated_entries(points, sites, arm.allocation.choices, spec)}};
    // As the law's t² were measured, products are made.
    if (points.front().trial->execute != Execution::simulated)
      keys[kExecuteVariable] = enum_name(points.front().trial->execute);
    trials.emplace_back(arm.name, std::move(keys));
  }
  const fs::path directory = (fs::current_path() / folder / "").lexically_normal().parent_path();
  made.text = experiment_with_trials(experiment, made.comment, name, number, trials, directory);
  return made;
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
                        .law = enum_option(line, "law", kLawKinds, LawKind::additive),
                        .measure = enum_option(line, "measure", kSizeMeasures, SizeMeasure::l2),
                        .of = line.text("of")};
  const fs::path out = line.has("out") ? line.text("out") : "";
  const AllocatedExperiment made = allocate_bits(line, request, out.parent_path(), kinds);
  if (line.has("csv")) write_site_csv(made.sites, line.text("csv"));
  if (out.empty()) {
    print_out("{}", made.text);
    return 0;
  }
  write_new_file(out, made.text);
  for (const std::string& shown : made.comment) print_out("{}\n", shown);
  print_out("\n{0}: `noisefloor plan {0}` says what it costs, `noisefloor run {0}` runs it\n",
            byte_text(out.string()));
  return 0;
}

}  // namespace nf
