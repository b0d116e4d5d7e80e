#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "eval/report/html.h"
#include "eval/report/section.h"
#include "eval/report/without_paths.h"

namespace nf {
namespace {

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Whether the manifest says it of the machine or the program, not of places on a disk.
bool is_shown(const std::string& key) {
  return key == "version" || key == "git" || key == "cpu" || key == "cores" || key == "threads";
}

HtmlTable machine_table(const ReportRun& run) {
  HtmlTable table{
      .caption = "Program and machine", .columns = {"what", "value"}, .numbers = {false, false}};
  for (const auto& [key, value] : run.contents.manifest.about.items())
    if (is_shown(key)) table.rows.push_back({key, without_paths(value_text(value))});
  for (const auto& [key, value] : run.contents.manifest.env.items())
    table.rows.push_back({key, without_paths(value_text(value))});
  return table;
}

HtmlTable model_table(const ReportRun& run) {
  HtmlTable table{.caption = "Models and text, by the hashes of their bytes",
                  .columns = {"model", "checkpoint", "text", "windows"},
                  .numbers = {false, false, false, true}};
  for (const ModelIdentity& model : run.contents.manifest.models)
    table.rows.push_back(
        {model.model, model.model_hash, model.data_hash, std::to_string(model.windows)});
  return table;
}

/// About two pages of A4: hundreds of trials would fill a hundred.
constexpr std::ptrdiff_t kMostPrintedLines = 120;

void add_text(const std::string& summary, const std::string& text, HtmlFragment& html) {
  const bool in_print = std::count(text.begin(), text.end(), '\n') <= kMostPrintedLines;
  html.details(in_print ? summary : summary + " (not printed: it is long)",
               HtmlFragment().code(text), in_print);
}

void add_run(const ReportRun& run, bool several, HtmlFragment& html) {
  if (several) html.heading(run.name);
  add_text("The experiment as it was given", without_paths(run.contents.experiment), html);
  add_text("The experiment as it was understood", without_paths(run.contents.resolved), html);
  html.table(model_table(run));
  html.table(machine_table(run));
}

std::optional<Section> make(const ReportInput& input) {
  HtmlFragment html;
  for (const ReportRun& run : input.runs) add_run(run, input.runs.size() > 1, html);
  return Section{.id = "experiment", .title = "Experiment, versions, machine", .html = html.text()};
}

}  // namespace

void register_experiment(SectionRegistry& registry) {
  registry.add({.id = "experiment", .order = 140, .make = make});
}

}  // namespace nf
