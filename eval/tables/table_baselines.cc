#include "eval/tables/table_baselines.h"

namespace nf {
namespace {

const ResultRow* find(const std::map<std::string, const ResultRow*>& rows,
                      const std::string& model) {
  const auto found = rows.find(model);
  return found == rows.end() ? nullptr : found->second;
}

}  // namespace

TableBaselines::TableBaselines(const std::vector<ResultRow>& rows) {
  for (const ResultRow& row : rows) add(row);
}

void TableBaselines::add(const ResultRow& row) {
  if (row.key.name != "baseline") return;
  last_[row.key.model] = &row;
  if (!row.failed()) last_whole_[row.key.model] = &row;
}

const ResultRow* TableBaselines::last(const std::string& model) const { return find(last_, model); }

const ResultRow* TableBaselines::against(const ResultRow& row) const {
  const ResultRow* const baseline = find(last_whole_, row.key.model);
  return baseline == &row || row.failed() ? nullptr : baseline;
}

}  // namespace nf
