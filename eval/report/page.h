#pragma once

#include <string>
#include <vector>

#include "eval/report/section.h"

namespace nf {

/// The sections that have something to say, in their order. Throws InternalError where two figures
/// have one id, or a section names a figure that it does not have.
std::vector<Section> make_sections(const ReportInput& input, const SectionRegistry& registry);

/// The page: one HTML file that asks for nothing from outside, and can be read without script.
std::string report_page(const ReportInput& input, const std::vector<Section>& sections);

/// The first line of every page: a file that begins with it may be replaced.
extern const char* const kPageMark;

/// The figure of that id. Throws ConfigError with a suggestion.
const ReportFigure& find_figure(const std::vector<Section>& sections, const std::string& id);
/// A file of a figure alone, for papers.
std::string svg_file(const ReportFigure& figure);
/// The first line of every such file.
extern const char* const kSvgMark;

}  // namespace nf
