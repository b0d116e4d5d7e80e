#include "eval/tables/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

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

constexpr Index kIndent = 2, kGap = 2, kWidestRemark = 100;

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

std::vector<ModelFindings> model_findings(const std::vector<ResultRow>& rows,
                                          const FollowedSearches& searches) {
  const std::vector<RowKey> keys = searches.rows();
  std::vector<ModelFindings> models;
  for (const ModelLines& model : group_rows(rows)) {
    ModelFindings all{.model = model.model};
    const auto tell = [&](std::vector<Finding> more, const char* word, const char* file) {
      if (more.empty()) return;
      all.who.emplace_back(word);
      all.files.emplace_back(file);
      std::move(more.begin(), more.end(), std::back_inserter(all.findings));
    };
    tell(search_findings(searches, model.model, model.baseline), "searches", kSearchesCsv);
    tell(design_findings(model, keys), "designs", kEffectsCsv);
    const std::vector<TwinGroup> twins = twin_groups(model);
    tell(twin_findings(twins), "twins", kTwinsCsv);
    all.remark = twin_remark(twins);
    if (!all.findings.empty()) models.push_back(std::move(all));
  }
  return models;
}

std::string findings_text(const std::vector<ModelFindings>& models, Index columns, Index most,
                          const std::string& command) {
  std::string text;
  for (const ModelFindings& model : models) {
    std::vector<Finding> findings = model.findings;
    const Index more = most == 0 ? 0 : std::max<Index>(0, std::ssize(findings) - most);
    findings.resize(findings.size() - static_cast<std::size_t>(more));
    text += fmt::format("\n{}: what {} found, with 95 % intervals\n", printable(model.model),
                        fmt::join(model.who, " and ")) +
            block_text(findings, columns);
    if (more > 0)
      text +=
          fmt::format("  [...] {} more: {} ({})\n", more, command, fmt::join(model.files, ", "));
    if (!model.remark.empty())
      for (const std::string& line :
           wrap_words(model.remark, columns == 0 ? kWidestRemark : columns - kIndent))
        text += std::string(kIndent, ' ') + line + '\n';
  }
  return text;
}

std::string findings_text(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          Index columns) {
  return findings_text(model_findings(rows, searches), columns);
}

}  // namespace nf
