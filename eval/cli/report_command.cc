#include <fmt/format.h>

#include "core/base/counted.h"
#include "core/base/error.h"
#include "eval/cli/command.h"
#include "eval/cli/report_file.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"
#include "eval/records/run_place.h"
#include "eval/report/page.h"

namespace nf {
namespace {

/// The width of a figure for a paper, mm: of one or two columns.
double width_option(const CommandLine& line) {
  const std::optional<std::int64_t> columns = line.number("columns", 1);
  if (!columns) return kPageFigure;
  if (*columns > 2)
    throw ConfigError(fmt::format("--columns {}: a figure is one or two columns wide", *columns));
  return *columns == 1 ? kOneColumn : kTwoColumns;
}

std::size_t count_figures(const std::vector<Section>& sections) {
  std::size_t figures = 0;
  for (const Section& section : sections) figures += section.figures.size();
  return figures;
}

void write_page(const ReportInput& input, const std::vector<Section>& sections,
                const std::filesystem::path& file) {
  const std::string page = report_page(input, sections);
  write_marked_file(file, page, kPageMark);
  print_out("{}: {}, {}, {:.0f} kB\n", file.string(), counted(std::ssize(sections), "section"),
            counted(static_cast<Index>(count_figures(sections)), "figure"),
            static_cast<double>(page.size()) / 1000.0);
}

std::filesystem::path page_file(const CommandLine& line) {
  if (line.has("out")) return line.text("out");
  const std::vector<std::string> runs = distinct_folders(line.texts("RUN..."));
  return runs.size() == 1 ? run_folder_at(runs.front()) / kReport : std::filesystem::path(kReport);
}

void list_figures(const std::vector<Section>& sections) {
  for (const Section& section : sections)
    for (const ReportFigure& figure : section.figures)
      print_out("{}  {}\n", figure.id, figure.title);
}

}  // namespace

int report_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "report RUN... [--out FILE.html] [--title T] [--figure ID --out F.svg] [--data ID]",
      "Writes one page of HTML about run folders, also while a run goes on: what came out and how\n"
      "sure it is, figures with their data, and the words and numbers for a paper's methods. The\n"
      "page is one file, asks for nothing from outside, and can be read without script and in "
      "print.");
  line.positionals("RUN...", "run folders, side by side on one page")
      .option("out",
              "the file; default report.html in the run folder, and of several runs in the "
              "current one")
      .option("title", "heading of the page; default: the names of the runs")
      .option("figure", "write this figure alone, as SVG for a paper, to --out or stdout")
      .option("columns",
              "width of that figure: 1 (85 mm) or 2 (175 mm) columns; default: 140 mm, as on the "
              "page")
      .option("data", "print the data of this figure as CSV, or write them to --out")
      .flag("list-figures", "print the ids of the figures that the page has");
  if (!line.parse(arguments)) return 0;
  if (line.has("figure") && line.has("data"))
    throw ConfigError("--figure and --data: give one of them");
  ReportInput input =
      read_report_input(line.texts("RUN..."), kinds, line.has("title") ? line.text("title") : "");
  input.width_mm = width_option(line);
  const std::vector<Section> sections = make_sections(input, SectionRegistry::builtin());
  const auto tell = [&](const std::string& text, const std::string& mark) {
    if (line.has("out"))
      write_marked_file(line.text("out"), text, mark);
    else
      print_out("{}", text);
  };
  if (line.has("list-figures")) {
    list_figures(sections);
  } else if (line.has("figure")) {
    tell(svg_file(find_figure(sections, line.text("figure"))), kSvgMark);
  } else if (line.has("data")) {
    const std::string& csv = find_figure(sections, line.text("data")).csv;
    tell(csv, csv.substr(0, csv.find('\n') + 1));
  } else {
    write_page(input, sections, page_file(line));
  }
  return 0;
}

}  // namespace nf
