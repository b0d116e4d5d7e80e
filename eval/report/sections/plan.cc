#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/output/progress.h"
#include "eval/records/file_names.h"
#include "eval/report/chart.h"
#include "eval/report/html.h"
#include "eval/report/run_state.h"
#include "eval/report/section.h"

namespace nf {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr std::size_t kMostCalls = 60;

/// One model in one call of `run`: planned and taken.
struct PlannedCall {
  std::string run, model, started;
  Index threads = 0;
  bool finished = false;
  bool at_most = false;  ///< the plan is an upper bound: searches may need fewer steps
  double planned_seconds = 0.0, seconds = 0.0;
  double planned_bytes = 0.0, bytes = 0.0;
  double planned_passes = 0.0, passes = 0.0;  ///< through blocks
};

/// Throws Json::exception where something else stands there.
PlannedCall read_call(const std::string& run, const Json& call, const Json& model) {
  const Json &planned = model.at("planned"), &actual = model.at("actual");
  const double seconds = planned.at("seconds").get<double>();
  const double most = planned.value("most_seconds", seconds);
  return {.run = run,
          .model = planned.at("model").get<std::string>(),
          .started = call.value("started", ""),
          .threads = call.value("threads", Index{0}),
          .finished = actual.value("finished", false),
          .at_most = most > seconds,
          .planned_seconds = seconds,
          .seconds = actual.at("seconds").get<double>(),
          .planned_bytes = planned.value("peak_bytes", 0.0),
          .bytes = actual.value("peak_bytes", 0.0),
          .planned_passes = planned.value("block_passes", 0.0),
          .passes = actual.value("block_passes", 0.0)};
}

/// The calls of plan.json; none where it is missing or no such list: a run mends it.
std::vector<PlannedCall> calls_of(const ReportRun& run) {
  std::vector<PlannedCall> calls;
  try {
    const std::filesystem::path file = run.contents.dir / kPlan;
    if (!std::filesystem::is_regular_file(file)) return calls;
    for (const Json& call : Json::parse(read_text_file(file)))
      for (const Json& model : call.at("models")) calls.push_back(read_call(run.name, call, model));
  } catch (const Json::exception&) {
  } catch (const Error&) {
  }
  return calls;
}

std::string sentence_of(const std::vector<PlannedCall>& calls) {
  double planned = 0.0, taken = 0.0;
  Index cut = 0;
  for (const PlannedCall& call : calls) {
    planned += call.planned_seconds;
    taken += call.seconds;
    if (!call.finished) ++cut;
  }
  std::string text =
      fmt::format("Planned were {}, taken {}", duration_text(planned), duration_text(taken));
  if (planned > 0.0) text += fmt::format(" ({} times)", short_number(taken / planned, 2));
  if (cut > 0)
    text += fmt::format("; {} of {} calls were cut short, so that the sum says little", cut,
                        calls.size());
  return text + ".";
}

/// "2026-03-01 09:30:00" of "2026-03-01T09:30:00Z": a narrow column breaks it at the blank.
std::string time_text(std::string time) {
  std::replace(time.begin(), time.end(), 'T', ' ');
  if (time.ends_with('Z')) time.pop_back();
  return time;
}

HtmlTable table_of(const std::vector<PlannedCall>& calls, bool several) {
  HtmlTable table{
      .caption = "Each call of `run`, model by model",
      .columns = {"model", "begun (UTC)", "threads", "planned", "taken", "ratio", "memory planned",
                  "memory taken", "passes planned", "passes", "state"}};
  table.numbers = {false, false, true, true, true, true, true, true, true, true, false};
  const auto mebibytes = [](double bytes) { return fmt::format("{:.0f} MiB", bytes / kMiB); };
  for (const PlannedCall& call : calls)
    table.rows.push_back(
        {several ? fmt::format("{} ({})", call.model, call.run) : call.model,
         time_text(call.started), std::to_string(call.threads),
         (call.at_most ? "at least " : "") + duration_text(call.planned_seconds),
         duration_text(call.seconds),
         call.planned_seconds > 0.0 ? fixed_number(call.seconds / call.planned_seconds, 2) : "",
         mebibytes(call.planned_bytes), mebibytes(call.bytes),
         fmt::format("{:.0f}", call.planned_passes), fmt::format("{:.0f}", call.passes),
         call.finished ? "finished" : "cut short"});
  return table;
}

std::string csv_of(const std::vector<PlannedCall>& calls) {
  CsvText csv({"run", "model", "started", "threads", "planned_seconds", "seconds",
               "planned_peak_bytes", "peak_bytes", "planned_block_passes", "block_passes",
               "finished"});
  for (const PlannedCall& call : calls)
    csv.add_row({call.run, call.model, call.started, std::to_string(call.threads),
                 csv_number(call.planned_seconds), csv_number(call.seconds),
                 csv_count(call.planned_bytes), csv_count(call.bytes),
                 csv_count(call.planned_passes), csv_count(call.passes),
                 call.finished ? "1" : "0"});
  return csv.text();
}

/// Both axes have one range, so that the diagonal is seen.
void set_range(const std::vector<PlannedCall>& calls, LineChart& chart) {
  constexpr double kMargin = 1.5;
  double low = INFINITY, high = 0.0;
  for (const PlannedCall& call : calls) {
    for (const double seconds : {call.planned_seconds, call.seconds}) {
      if (seconds > 0.0) low = std::min(low, seconds);
      high = std::max(high, seconds);
    }
  }
  if (high <= 0.0) return;
  for (AxisSpec* axis : {&chart.x, &chart.y}) {
    axis->low = low / kMargin;
    axis->high = high * kMargin;
  }
}

/// Seconds taken against planned, on the diagonal where the plan was right.
ReportFigure figure_of(const std::vector<PlannedCall>& calls, double width_mm) {
  LineChart chart{
      .title = "Time planned and taken",
      .description = "Seconds that each call of run took for each model, against those planned.",
      .x = {.label = "planned", .unit = "s", .scale = AxisScale::log},
      .y = {.label = "taken", .unit = "s", .scale = AxisScale::log}};
  chart.diagonal = true;
  set_range(calls, chart);
  for (const PlannedCall& call : calls) {
    auto series = std::find_if(chart.series.begin(), chart.series.end(),
                               [&](const ChartSeries& each) { return each.name == call.model; });
    if (series == chart.series.end()) {
      series = chart.series.insert(series, ChartSeries{.name = call.model});
      series->line = false;
    }
    series->points.push_back(
        {.x = call.planned_seconds,
         .y = call.seconds,
         .value = fmt::format("{}: planned {}, taken {}", call.model,
                              duration_text(call.planned_seconds), duration_text(call.seconds)),
         .hollow = !call.finished});
  }
  const Drawing drawing = draw(chart, width_mm);
  return {.id = "plan",
          .title = chart.title,
          .caption =
              "Each point is one model in one call of run; below the line it was faster than "
              "planned. Hollow: the call was cut short.",
          .csv = csv_of(calls),
          .svg = drawing.svg,
          .width_mm = drawing.width,
          .height_mm = drawing.height};
}

std::optional<Section> make_section(const ReportInput& input) {
  Section section{.id = "plan", .title = "Plan against what happened"};
  HtmlFragment html;
  std::vector<std::string> states;
  std::vector<PlannedCall> calls;
  const bool several = input.runs.size() > 1;
  for (const ReportRun& run : input.runs) {
    states.push_back((several ? run.name + ": " : "") + state_sentence(run));
    for (PlannedCall& call : calls_of(run)) calls.push_back(std::move(call));
  }
  if (several)
    html.list(states);
  else if (!states.empty())
    html.paragraph(states.front());
  if (!calls.empty()) {
    html.paragraph(sentence_of(calls));
    if (calls.size() > 1) {
      section.figures.push_back(figure_of(calls, input.width_mm));
      html.figure("plan");
    }
    const std::size_t all = calls.size();
    if (all > kMostCalls) calls.erase(calls.begin(), calls.end() - kMostCalls);
    HtmlFragment table;
    table.table(table_of(calls, several));
    if (all > kMostCalls)
      table.paragraph(fmt::format("Shown are the last {} of {}.", kMostCalls, all));
    html.details("Calls of run", table);
  }
  if (html.text().empty()) return std::nullopt;
  section.html = html.text();
  return section;
}

}  // namespace

void register_plan(SectionRegistry& registry) {
  registry.add({.id = "plan", .order = 110, .make = make_section});
}

}  // namespace nf
