#include "eval/tables/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/base/printable.h"
#include "eval/output/number_text.h"
#include "eval/output/table.h"
#include "eval/records/file_names.h"
#include "eval/results/result_lines.h"
#include "eval/tables/design_findings.h"
#include "eval/tables/finding.h"
#include "eval/tables/search_findings.h"
#include "eval/tables/twin_findings.h"

namespace nf {
namespace {

constexpr Index kIndent = 2, kGap = 2;

/// Labels beside the findings or, where that is too wide, above them.
std::string block_text(const std::vector<Finding>& findings, Index columns) {
  Index labels = 0, widest = 0;
  for (const Finding& finding : findings) {
    labels = std::max(labels, display_width(finding.label));
    for (const std::string& line : finding.lines) widest = std::max(widest, display_width(line));
  }
  const bool beside = columns == 0 || kIndent + labels + kGap + widest <= columns;
  const auto blanks = [](Index count) { return std::string(static_cast<std::size_t>(count), ' '); };
  std::string text;
  for (const Finding& finding : findings) {
    text += blanks(kIndent) + finding.label;
    if (beside) {
      Index width = kIndent + display_width(finding.label);
      for (const std::string& line : finding.lines) {
        text += blanks(kIndent + labels + kGap - width) + line + '\n';
        width = 0;
      }
      continue;
    }
    text += '\n';
    for (const std::string& line : finding.lines)
      for (const std::string& piece : wrap_words(line, columns - 2 * kIndent))
        text += blanks(2 * kIndent) + piece + '\n';
  }
  return text;
}

}  // namespace

std::string findings_text(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          Index columns, Index most) {
  const std::vector<RowKey> keys = searches.rows();
  std::string text;
  for (const ModelLines& model : group_rows(rows)) {
    std::vector<Finding> findings = search_findings(searches, model.model, model.baseline);
    const std::vector<Finding> of_designs = design_findings(model, keys);
    const std::vector<Finding> of_twins = twin_findings(model);
    std::vector<std::string> who, files;
    const auto tell = [&](const std::vector<Finding>& more, const char* word, const char* file) {
      if (more.empty()) return;
      who.emplace_back(word);
      files.emplace_back(file);
    };
    tell(findings, "searches", kSearchesCsv);
    tell(of_designs, "designs", kEffectsCsv);
    tell(of_twins, "twins", kTwinsCsv);
    if (who.empty()) continue;
    for (const std::vector<Finding>* more : {&of_designs, &of_twins})
      findings.insert(findings.end(), more->begin(), more->end());
    const Index more = most == 0 ? 0 : std::max<Index>(0, std::ssize(findings) - most);
    findings.resize(findings.size() - static_cast<std::size_t>(more));
    text += fmt::format("\n{}: what {} found, with 95 % intervals\n", printable(model.model),
                        fmt::join(who, " and ")) +
            block_text(findings, columns);
    if (more > 0) text += fmt::format("  [...] {} more: {}\n", more, fmt::join(files, ", "));
  }
  return text;
}

}  // namespace nf
