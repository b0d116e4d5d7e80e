#pragma once

#include <string>
#include <string_view>

#include "eval/output/table.h"

namespace nf {

/// The table as a `tabular` with the rules of package booktabs: numbers in math mode, sections as
/// lines over all columns.
std::string latex_table(const TextTable& table);
/// A text outside of math mode in which nothing is taken for a command; the Greek letters and signs
/// of our headings are commands.
std::string latex_text(std::string_view text);
/// Text as comments, a '%' before each line.
std::string latex_comment(std::string_view text);

}  // namespace nf
