#include "eval/tables/table_stream.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "eval/analysis/effect_group.h"
#include "eval/analysis/twin_ratios.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/records/file_names.h"
#include "eval/results/row_fields.h"
#include "eval/results/simulated_arms.h"
#include "eval/tables/confidence_csv.h"
#include "eval/tables/documents_csv.h"
#include "eval/tables/effects_csv.h"
#include "eval/tables/entropy_csv.h"
#include "eval/tables/results_csv.h"
#include "eval/tables/searches_csv.h"
#include "eval/tables/sites_csv.h"
#include "eval/tables/statistics_csv.h"
#include "eval/tables/twins_csv.h"

namespace nf {
namespace {

std::string head_of(const std::vector<std::string>& columns) { return csv_line(columns) + '\n'; }

bool is_same_point(const RowKey& a, const RowKey& b) {
  return a.name == b.name && a.vars == b.vars;
}

/// The places of the rows of one unit.
class UnitPlaces {
 public:
  UnitPlaces(const std::vector<ResultRow>& rows, const std::vector<Index>& places)
      : rows_(rows), places_(places) {}

  Index of(const ResultRow& row) const {
    return places_[static_cast<std::size_t>(&row - rows_.data())];
  }
  /// The first place of a model's row that is_of().
  template <class IsOf>
  Index first(const std::string& model, const IsOf& is_of) const {
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (rows_[i].key.model == model && is_of(rows_[i].key)) return places_[i];
    return -1;
  }

 private:
  const std::vector<ResultRow>& rows_;
  const std::vector<Index>& places_;
};

}  // namespace

TableStream::TableStream(const std::filesystem::path& dir, const std::vector<RowKey>& keys,
                         const MetricRegistry& metrics, const std::vector<TaskHeading>& tasks)
    : metrics_(metrics),
      tasks_(tasks),
      variables_(sweep_variables(keys)),
      has_effects_(std::any_of(keys.begin(), keys.end(), has_effects)),
      has_twins_(std::any_of(keys.begin(), keys.end(), is_twin)),
      figures_(all_figures(tasks)),
      sites_(dir / kSitesCsv, head_of(sites_columns(variables_))),
      documents_(dir / kDocumentsCsv, head_of(documents_columns(variables_))),
      confidence_(dir / kConfidenceCsv, head_of(confidence_columns(variables_))),
      entropy_(dir / kEntropyCsv, head_of(entropy_columns(variables_))) {}

TableStream::UnitTexts TableStream::texts_of(const std::vector<ResultRow>& rows,
                                             const std::vector<Index>& places,
                                             const std::vector<RowKey>& keys,
                                             const TableBaselines& baselines) const {
  UnitTexts texts;
  const SimulatedArms arms(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ResultRow& row = rows[i];
    const ResultRow* const untouched = baselines.against(row);
    texts.rows.push_back(
        {.place = places[i],
         .model = row.key.model,
         .results = result_row(row, {baselines.last(row.key.model), arms.of(row)}, variables_,
                               metrics_, tasks_),
         .sites = site_rows(row, variables_),
         .documents = untouched != nullptr ? document_rows(row, *untouched, variables_) : "",
         .confidence = confidence_rows(row, variables_),
         .entropy = entropy_rows(row, variables_)});
  }
  add_lines(rows, places, keys, baselines, texts);
  return texts;
}

void TableStream::add_lines(const std::vector<ResultRow>& rows, const std::vector<Index>& places,
                            const std::vector<RowKey>& keys, const TableBaselines& baselines,
                            UnitTexts& texts) const {
  const UnitPlaces place_of(rows, places);
  for (ModelLines& model : group_rows(rows)) {
    model.baseline = baselines.last(model.model);
    for (const ResultLine& line : model.lines) {
      if (line.key().name == "baseline") continue;
      std::vector<Statistic> statistics =
          line_statistics(line, model.baseline, figures_, bootstraps_);
      if (statistics.empty()) continue;
      for (Statistic& statistic : statistics) statistic.line = nullptr;  // it ends with the unit
      texts.lines.push_back({.piece = {.model = model.model,
                                       .place = place_of.of(*line.rows.front()),
                                       .text = line_key_text(line, variables_)},
                             .statistics = std::move(statistics)});
    }
    if (has_effects_ && model.baseline != nullptr)
      for (const EffectGroup& group : effect_groups(model, keys)) {
        const auto is_of = [&](const RowKey& key) {
          return has_effects(key) && is_same_point(effect_group_key(key), group.key);
        };
        texts.effects.push_back(
            {model.model, place_of.first(model.model, is_of), effect_rows(group, variables_)});
      }
    if (has_twins_)
      for (const TwinGroup& group : twin_groups(model)) {
        const auto is_of = [&](const RowKey& key) {
          const auto own = twin_group_key(key);
          return own && is_same_point(*own, group.key);
        };
        texts.twins.push_back(
            {model.model, place_of.first(model.model, is_of), twin_rows(group, variables_)});
      }
  }
}

void TableStream::add(UnitTexts&& texts) {
  for (UnitTexts::Row& row : texts.rows) {
    const auto [first, is_new] = first_of_.emplace(row.model, row.place);
    first->second = std::min(first->second, row.place);
    results_.emplace_back(row.place, std::move(row.results));
    sites_.add(row.place, row.sites);
    documents_.add(row.place, row.documents);
    confidence_.add(row.place, row.confidence);
    entropy_.add(row.place, row.entropy);
  }
  std::move(texts.lines.begin(), texts.lines.end(), std::back_inserter(lines_));
  std::move(texts.effects.begin(), texts.effects.end(), std::back_inserter(effects_));
  std::move(texts.twins.begin(), texts.twins.end(), std::back_inserter(twins_));
}

bool TableStream::is_before(const Piece& a, const Piece& b) const {
  return std::pair(first_of_.at(a.model), a.place) < std::pair(first_of_.at(b.model), b.place);
}

std::string TableStream::results_text() {
  std::sort(results_.begin(), results_.end());
  std::string text = head_of(results_columns(metrics_, tasks_, variables_));
  for (const auto& [place, row] : results_) text += row;
  return text;
}

std::string TableStream::statistics_text() {
  std::sort(lines_.begin(), lines_.end(),
            [this](const auto& a, const auto& b) { return is_before(a.piece, b.piece); });
  std::map<std::string, std::vector<Statistic*>> families;  // by model
  for (UnitTexts::Line& line : lines_)
    for (Statistic& statistic : line.statistics) families[line.piece.model].push_back(&statistic);
  for (const auto& [model, statistics] : families) add_tests(statistics);
  std::string text = head_of(statistics_columns(variables_));
  for (const UnitTexts::Line& line : lines_)
    for (const Statistic& statistic : line.statistics)
      text += statistic_row(statistic, line.piece.text);
  return text;
}

std::string TableStream::pieces_text(const std::vector<std::string>& columns,
                                     std::vector<Piece>& pieces) const {
  std::sort(pieces.begin(), pieces.end(),
            [this](const Piece& a, const Piece& b) { return is_before(a, b); });
  std::string text = head_of(columns);
  for (const Piece& piece : pieces) text += piece.text;
  return text;
}

std::vector<ResultFile> TableStream::finish(const FollowedSearches& searches,
                                            const TableBaselines& baselines) {
  std::vector<ResultFile> files = {{kResultsCsv, results_text()},
                                   {kStatisticsCsv, statistics_text()}};
  if (has_effects_)
    files.push_back({kEffectsCsv, pieces_text(effects_columns(variables_), effects_)});
  if (has_twins_) files.push_back({kTwinsCsv, pieces_text(twins_columns(variables_), twins_)});
  if (!searches.searches().empty())
    files.push_back({kSearchesCsv, searches_text(searches, baselines, variables_)});
  if (!sites_.finish()) files.push_back({kSitesCsv, head_of(sites_columns(variables_))});
  documents_.finish();
  confidence_.finish();
  entropy_.finish();
  return files;
}

}  // namespace nf
