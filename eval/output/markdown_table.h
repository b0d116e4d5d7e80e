#pragma once

#include <string>
#include <string_view>

#include "eval/output/table.h"

namespace nf {

/// The table in GitHub's Markdown: one for each section, below its heading; the same columns in
/// all.
std::string markdown_table(const TextTable& table);
/// A text in which nothing is taken for markup.
std::string markdown_text(std::string_view text);
/// The same of paragraphs: line breaks stay.
std::string markdown_paragraphs(std::string_view text);

}  // namespace nf
