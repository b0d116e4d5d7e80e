#include "eval/tables/entropy_csv.h"

#include <algorithm>
#include <utility>

#include "eval/analysis/entropy_groups.h"
#include "eval/metrics/columns.h"
#include "eval/metrics/detail.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

std::vector<Index> tokens_of(const std::vector<TokenBin>& bins) {
  std::vector<Index> tokens;
  for (const TokenBin& bin : bins) tokens.push_back(bin.sums.tokens);
  return tokens;
}

/// Means over the tokens of a group, which are not none.
std::vector<std::string> mean_fields(const TokenBin& group) {
  const auto tokens = static_cast<double>(group.sums.tokens);
  std::vector<std::string> fields = {std::to_string(group.sums.tokens),
                                     csv_number((group.sums.nll - group.baseline_nll) / tokens)};
  for (const BinColumn& column : bin_columns(group))
    fields.push_back(csv_number(column.sum / tokens));
  return fields;
}

}  // namespace

bool has_entropy(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow& row) { return !entropy_bins(row).empty(); });
}

std::string entropy_rows(const ResultRow& row, const std::vector<std::string>& variables) {
  const std::vector<TokenBin> bins = entropy_bins(row);
  if (bins.empty()) return "";
  CsvText csv = CsvText::without_head(entropy_columns(variables).size());
  Index first = 0;
  for (const Index end : decile_ends(tokens_of(bins))) {
    TokenBin group;
    for (Index b = first; b < end; ++b) group.add(bins[static_cast<std::size_t>(b)]);
    std::vector<std::string> fields = row_fields(row.key, variables);
    fields.push_back(csv_number(kEntropyBinWidth * static_cast<double>(first)));
    fields.push_back(csv_number(kEntropyBinWidth * static_cast<double>(end)));
    for (std::string& field : mean_fields(group)) fields.push_back(std::move(field));
    csv.add_row(fields);
    first = end;
  }
  return csv.take();
}

std::string entropy_csv(const std::vector<ResultRow>& rows,
                        const std::vector<std::string>& variables) {
  std::string text = csv_line(entropy_columns(variables)) + '\n';
  for (const ResultRow& row : rows) text += entropy_rows(row, variables);
  return text;
}

}  // namespace nf
