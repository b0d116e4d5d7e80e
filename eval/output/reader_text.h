#pragma once

#include <string>

#include "eval/output/table.h"
#include "eval/output/table_format.h"

namespace nf {

/// A table with what stands above and below it, in a form for readers (NF_CHECK): in LaTeX the
/// words are comments. columns: the terminal's width for TableFormat::table, 0: as wide as it
/// comes.
std::string reader_text(const std::string& above, const TextTable& table, const std::string& below,
                        TableFormat format, Index columns);

}  // namespace nf
