#include "eval/tables/confidence_csv.h"

#include <algorithm>
#include <array>
#include <optional>

#include "eval/metrics/columns.h"
#include "eval/metrics/detail.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

using Bins = std::array<TokenBin, kConfidenceBins>;

/// The bins of all windows that have some, in the windows' order; none where no window has.
std::optional<Bins> bins_of(const ResultRow& row) {
  std::optional<Bins> sums;
  for (const WindowSums& window : row.windows) {
    const Detail* const detail = window.sums.detail.get();
    if (detail == nullptr || detail->entropy) continue;
    if (!sums) sums.emplace();
    for (std::size_t b = 0; b < sums->size(); ++b) (*sums)[b].add(detail->bins[b]);
  }
  return sums;
}

void append_means(const TokenBin& bin, std::vector<std::string>& fields) {
  const Index tokens = bin.sums.tokens;
  for (const BinColumn& column : bin_columns(bin))
    fields.push_back(tokens == 0 ? "" : csv_number(column.sum / static_cast<double>(tokens)));
}

}  // namespace

bool has_confidence(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow& row) { return bins_of(row).has_value(); });
}

std::string confidence_rows(const ResultRow& row, const std::vector<std::string>& variables) {
  const std::optional<Bins> bins = bins_of(row);
  if (!bins) return "";
  CsvText csv = CsvText::without_head(confidence_columns(variables).size());
  for (std::size_t b = 0; b < bins->size(); ++b) {
    constexpr auto kBins = static_cast<double>(kConfidenceBins);
    std::vector<std::string> fields = row_fields(row.key, variables);
    fields.push_back(csv_number(static_cast<double>(b) / kBins));
    fields.push_back(csv_number(static_cast<double>(b + 1) / kBins));
    fields.push_back(std::to_string((*bins)[b].sums.tokens));
    append_means((*bins)[b], fields);
    csv.add_row(fields);
  }
  return csv.take();
}

std::string confidence_csv(const std::vector<ResultRow>& rows,
                           const std::vector<std::string>& variables) {
  std::string text = csv_line(confidence_columns(variables)) + '\n';
  for (const ResultRow& row : rows) text += confidence_rows(row, variables);
  return text;
}

}  // namespace nf
