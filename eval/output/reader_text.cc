#include "eval/output/reader_text.h"

#include "core/base/check.h"
#include "eval/output/latex_table.h"
#include "eval/output/markdown_table.h"

namespace nf {

std::string reader_text(const std::string& above, const TextTable& table, const std::string& below,
                        TableFormat format, Index columns) {
  NF_CHECK(is_for_readers(format), "format {}", static_cast<int>(format));
  if (format == TableFormat::latex)
    return latex_comment(above) + latex_table(table) + latex_comment(below);
  if (format == TableFormat::markdown)
    return markdown_paragraphs(above) + (above.empty() ? "" : "\n") + markdown_table(table) +
           markdown_paragraphs(below);
  return above + table.render(columns) + below;
}

}  // namespace nf
