#include "eval/tables/entropy_csv.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "eval/metrics/columns.h"
#include "eval/metrics/detail.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

/// The bins of all windows that have some, in the windows' order, up to the last with a token.
std::vector<TokenBin> bins_of(const ResultRow& row) {
  std::vector<TokenBin> sums;
  for (const WindowSums& window : row.windows) {
    const Detail* const detail = window.sums.detail.get();
    if (detail == nullptr || !detail->entropy) continue;
    const std::vector<TokenBin>& bins = *detail->entropy;
    sums.resize(std::max(sums.size(), bins.size()));
    for (std::size_t b = 0; b < bins.size(); ++b) sums[b].add(bins[b]);
  }
  while (!sums.empty() && sums.back().sums.tokens == 0) sums.pop_back();
  return sums;
}

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

std::vector<Index> decile_ends(const std::vector<Index>& counts) {
  constexpr Index kGroups = 10;
  std::vector<Index> below = {0};  // tokens in the bins before each end
  for (const Index count : counts) below.push_back(below.back() + count);
  const Index all = below.back();
  std::vector<Index> ends;
  for (Index group = 1; group < kGroups; ++group) {
    // In tenths of a token, so that all of it is whole.
    const auto nearest =
        std::min_element(below.begin(), below.end(), [group, all](Index a, Index b) {
          return std::abs(kGroups * a - group * all) < std::abs(kGroups * b - group * all);
        });
    const Index end = nearest - below.begin();
    if (*nearest > 0 && *nearest < all && (ends.empty() || end > ends.back())) ends.push_back(end);
  }
  ends.push_back(std::ssize(counts));
  return ends;
}

bool has_entropy(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow& row) { return !bins_of(row).empty(); });
}

std::string entropy_csv(const std::vector<ResultRow>& rows,
                        const std::vector<std::string>& variables) {
  CsvText csv(entropy_columns(variables));
  for (const ResultRow& row : rows) {
    const std::vector<TokenBin> bins = bins_of(row);
    if (bins.empty()) continue;
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
  }
  return csv.text();
}

}  // namespace nf
