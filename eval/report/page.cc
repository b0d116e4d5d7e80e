#include "eval/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/base/suggest.h"
#include "core/base/version.h"
#include "eval/analysis/compare_selector.h"
#include "eval/report/html.h"
#include "eval/report/page_style.h"

namespace nf {
namespace {

constexpr std::size_t kLongestTitle = 70;  // bytes in a browser's bar

/// The folders as words of a command: one that begins with '-' would be an option of it.
std::string runs_text(const ReportInput& input) {
  std::string text;
  for (const ReportRun& run : input.runs)
    text += " " + shell_word((run.name.starts_with('-') ? "./" : "") + run.name);
  return text;
}

std::string command_of(const ReportFigure& figure, const ReportInput& input) {
  if (!figure.command.empty()) return figure.command;
  return fmt::format("noisefloor report{} --data {}", runs_text(input), figure.id);
}

/// An SVG in a page needs no namespace.
std::string inline_svg(std::string svg) {
  const std::string space = " xmlns=\"http://www.w3.org/2000/svg\"";
  const std::size_t place = svg.find(space);
  if (place != std::string::npos) svg.erase(place, space.size());
  return svg;
}

std::string figure_html(const ReportFigure& figure, const ReportInput& input) {
  const std::string drawing = fmt::format("noisefloor report{} --figure {} --out {}.svg",
                                          runs_text(input), figure.id, figure.id);
  std::string text = fmt::format(
      "<figure id=\"fig-{0}\">\n<figcaption><strong>{1}.</strong> {2} <span class=\"dim\">[{0}]"
      "</span></figcaption>\n<div class=\"pic\" tabindex=\"0\">{3}</div>\n",
      figure.id, escape_html(figure.title), escape_html(figure.caption), inline_svg(figure.svg));
  text += fmt::format(
      "<details class=\"data\"><summary>Data, and the commands that make it and the picture again"
      "</summary>\n<pre tabindex=\"0\"><code>{}\n{}</code></pre>\n",
      escape_html(command_of(figure, input)), escape_html(drawing));
  if (!figure.csv.empty())
    text += fmt::format("<pre class=\"csv\" tabindex=\"0\">{}</pre>\n", escape_html(figure.csv));
  return text + "</details>\n</figure>\n";
}

std::string figure_place(const ReportFigure& figure) {
  return fmt::format("{{{{figure:{}}}}}", figure.id);
}

void check_figures(const Section& section, std::set<std::string>& ids) {
  for (const ReportFigure& figure : section.figures) {
    NF_CHECK(ids.insert(figure.id).second, "two figures {}", figure.id);
    NF_CHECK(section.html.find(figure_place(figure)) != std::string::npos,
             "section {} has no place for figure {}", section.id, figure.id);
  }
}

std::string section_html(const Section& section, const ReportInput& input) {
  std::string body = section.html;
  for (const ReportFigure& figure : section.figures) {
    const std::string place = figure_place(figure);
    body.replace(body.find(place), place.size(), figure_html(figure, input));
  }
  NF_CHECK(body.find("{{figure:") == std::string::npos, "section {} names a figure it has not",
           section.id);
  return fmt::format("<section>\n<h2 id=\"{}\">{}</h2>\n{}</section>\n", section.id,
                     escape_html(section.title), body);
}

std::string contents_html(const std::vector<Section>& sections) {
  std::string text = "<nav aria-label=\"Contents\"><ol>\n";
  for (const Section& section : sections)
    text +=
        fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, escape_html(section.title));
  return text + "</ol></nav>\n";
}

/// A sentence on what there is of a run.
std::string run_text(const ReportRun& run) {
  std::string models;
  for (const ModelIdentity& model : run.contents.manifest.models)
    models += (models.empty() ? "" : ", ") + model.model;
  const auto failed = std::count_if(run.rows.begin(), run.rows.end(),
                                    [](const ResultRow& row) { return row.failed(); });
  return fmt::format("{}: {}; {} of {} rows have all their text{}, {} records.", run.name, models,
                     run.finished_rows - failed, run.keys.size(),
                     failed == 0 ? "" : fmt::format(", {} failed", failed),
                     run.contents.records.size());
}

std::string run_html(const ReportRun& run) {
  std::string text = fmt::format("<p class=\"dim\">{}</p>\n", escape_html(run_text(run)));
  if (run.is_open)
    text += fmt::format(
        "<p class=\"notice\">The run {} has not come to its end: it still goes on, or was stopped. "
        "This page shows what was recorded when it was made.</p>\n",
        escape_html(run.name));
  return text;
}

std::string short_title(const std::string& title) {
  if (title.size() <= kLongestTitle) return title;
  std::size_t end = kLongestTitle - 3;
  while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xC0U) == 0x80U) --end;
  return title.substr(0, end) + "…";
}

}  // namespace

const char* const kPageMark = "<!DOCTYPE html>\n<!-- A report of noisefloor. -->\n";

const char* const kSvgMark =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- A figure of noisefloor. -->\n";

std::vector<Section> make_sections(const ReportInput& input, const SectionRegistry& registry) {
  std::vector<Section> sections;
  std::set<std::string> ids;
  for (const SectionKind& kind : registry.sections()) {
    std::optional<Section> section = kind.make(input);
    if (!section) continue;
    check_figures(*section, ids);
    sections.push_back(std::move(*section));
  }
  return sections;
}

std::string report_page(const ReportInput& input, const std::vector<Section>& sections) {
  std::string text = fmt::format(
      "{}<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<header>\n<h1><bdi>{}</bdi></h1>\n",
      kPageMark, escape_html(short_title(input.title)), kPageStyle, escape_html(input.title));
  for (const ReportRun& run : input.runs) text += run_html(run);
  text += contents_html(sections) + "</header>\n<main>\n";
  for (const Section& section : sections) text += section_html(section, input);
  text += fmt::format(
      "</main>\n<footer class=\"dim\"><p>Made by noisefloor {} ({}) from the records alone: "
      "<code>noisefloor report{}</code></p></footer>\n",
      version(), git_hash(), escape_html(runs_text(input)));
  return text + fmt::format("<script>{}</script>\n</body>\n</html>\n", kPageScript);
}

const ReportFigure& find_figure(const std::vector<Section>& sections, const std::string& id) {
  std::vector<std::string> ids;
  for (const Section& section : sections) {
    for (const ReportFigure& figure : section.figures) {
      if (figure.id == id) return figure;
      ids.push_back(figure.id);
    }
  }
  throw ConfigError(ids.empty() ? "the page has no figure"
                                : fmt::format("unknown figure '{}'{}; --list-figures tells all", id,
                                              suggestion(id, ids)));
}

std::string svg_file(const ReportFigure& figure) { return kSvgMark + figure.svg; }

}  // namespace nf
