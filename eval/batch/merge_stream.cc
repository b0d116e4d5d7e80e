#include "eval/batch/merge_stream.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <set>

#include "core/base/parallel.h"

namespace nf {
namespace {

/// Bytes of records that the threads are given at a time.
constexpr Index kBytesAtOnce = Index{32} << 20;

bool has_predictor(const ResultRow& row) {
  return std::any_of(row.sites.begin(), row.sites.end(),
                     [](const SiteStats& site) { return site.predictor.has_value(); });
}

/// Gives up what no table needs any more.
void slim(ResultRow& row) {
  std::vector<WindowSums>().swap(row.windows);
  std::vector<QuestionSums>().swap(row.questions);
  std::vector<SiteStats>().swap(row.sites);
  row.text.tail.reset();
}

void forget_records(TrialRecords& trial) { std::vector<Record>().swap(trial.records); }

/// Floors are no rows of the results.
void drop_floors(std::vector<ResultRow>& rows, std::vector<Index>& places) {
  std::vector<ResultRow> kept;
  std::vector<Index> kept_places;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (is_floor(rows[i].key)) continue;
    kept.push_back(std::move(rows[i]));
    kept_places.push_back(places[i]);
  }
  rows = std::move(kept);
  places = std::move(kept_places);
}

void keep_first(const std::optional<RecordIndex::Fault>& fault,
                std::optional<RecordIndex::Fault>& first) {
  if (fault && (!first || fault->place < first->place)) first = fault;
}

}  // namespace

MergeStream::MergeStream(const RecordIndex& index, const TrialReader& reader,
                         const std::vector<ModelIdentity>& models, const FollowedSearches& searches,
                         JoinedFile& file, TableStream& tables)
    : index_(index),
      reader_(reader),
      models_(models),
      keys_(searches.rows()),
      file_(file),
      tables_(tables),
      fault_(index.fault()) {}

void MergeStream::run() {
  const std::vector<RowUnit> units = row_units(keys_);
  read_common(units);
  read_others(units);
  if (fault_) std::rethrow_exception(fault_->error);
  finish_common();
}

MergeStream::Unit MergeStream::read_unit(const RowUnit& unit) const {
  Unit read;
  std::map<std::string, TrialRecords> trials;
  for (const std::size_t place : unit.rows) {
    const RowKey& key = keys_[place];
    read.keys.push_back(key);
    const std::optional<Index> trial = index_.find(key.id);
    if (!trial) continue;
    const auto [found, is_new] = trials.try_emplace(key.id);
    if (is_new) found->second = reader_.read(*trial);
    if (found->second.records.empty()) continue;  // of a damaged line
    read.rows.push_back(build_row(key, found->second.records));
    read.places.push_back(static_cast<Index>(place));
  }
  for (auto& [id, trial] : trials) {
    forget_records(trial);
    read.trials.push_back(std::move(trial));
  }
  return read;
}

MergeStream::Unit MergeStream::read_other(Index trial) const {
  Unit read;
  forget_records(read.trials.emplace_back(reader_.read(trial)));
  return read;
}

void MergeStream::read_common(const std::vector<RowUnit>& units) {
  std::vector<ResultRow> rows;
  for (const RowUnit& unit : units) {
    if (!unit.is_common) continue;
    Unit& read = common_.emplace_back(read_unit(unit));
    for (TrialRecords& trial : read.trials) take_lines(trial);
    rows.insert(rows.end(), read.rows.begin(), read.rows.end());
  }
  context_.emplace(rows, models_);
  for (Unit& unit : common_) {
    drop_floors(unit.rows, unit.places);
    for (ResultRow& row : unit.rows) {
      context_->set_floor(row);
      baselines_.add(row);
    }
  }
}

Index MergeStream::bytes_of(const RowUnit& unit) const {
  std::set<std::string> ids;
  Index bytes = 0;
  for (const std::size_t place : unit.rows)
    if (const auto trial = index_.find(keys_[place].id);
        trial && ids.insert(keys_[place].id).second)
      bytes += index_.bytes(*trial);
  return bytes;
}

void MergeStream::read_others(const std::vector<RowUnit>& units) {
  std::vector<std::pair<Index, std::function<Unit()>>> work;  // with its bytes
  std::vector<bool> has_row(index_.ids().size());
  for (const RowKey& key : keys_)
    if (const auto trial = index_.find(key.id)) has_row[static_cast<std::size_t>(*trial)] = true;
  for (const RowUnit& unit : units)
    if (!unit.is_common)
      work.emplace_back(bytes_of(unit), [this, &unit] { return read_unit(unit); });
  for (std::size_t trial = 0; trial < has_row.size(); ++trial)
    if (const auto number = static_cast<Index>(trial); !has_row[trial])
      work.emplace_back(index_.bytes(number), [this, number] { return read_other(number); });
  for (std::size_t next = 0; next < work.size();) {
    const std::size_t first = next;
    for (Index bytes = 0; next < work.size() && bytes < kBytesAtOnce; ++next)
      bytes += work[next].first;
    std::vector<Unit> read(next - first);
    parallel_for(std::ssize(read), [&](Index i) {
      const auto at = static_cast<std::size_t>(i);
      Unit unit = work[first + at].second();
      for (ResultRow& row : unit.rows) {
        unit.is_whole.push_back(is_whole(row, models_));
        context_->finish(row);
      }
      unit.texts = tables_.texts_of(unit.rows, unit.places, unit.keys, baselines_);
      unit.has_predictors = std::any_of(unit.rows.begin(), unit.rows.end(), has_predictor);
      for (ResultRow& row : unit.rows) slim(row);
      read[at] = std::move(unit);
    });
    for (Unit& unit : read) take(unit);
  }
}

void MergeStream::take(Unit& unit) {
  for (TrialRecords& trial : unit.trials) take_lines(trial);
  has_predictors_ = has_predictors_ || unit.has_predictors;
  for (std::size_t i = 0; i < unit.rows.size(); ++i)
    rows_.push_back({unit.places[i], std::move(unit.rows[i]), unit.is_whole[i]});
  tables_.add(std::move(unit.texts));
}

void MergeStream::take_lines(TrialRecords& trial) {
  for (const LinePlace& place : trial.whole) file_.keep(place);
  for (const auto& [place, line] : trial.parts) file_.replace(place, line);
  records_ += std::ssize(trial.whole) + std::ssize(trial.parts);
  repeated_ += trial.repeated;
  other_copies_ += trial.other_copies;
  conflicts_.insert(conflicts_.end(), trial.conflicts.begin(), trial.conflicts.end());
  for (auto& [place, env] : trial.envs) {
    const auto known = std::find_if(envs_.begin(), envs_.end(),
                                    [&env = env](const auto& one) { return one.second == env; });
    if (known == envs_.end())
      envs_.emplace_back(place, std::move(env));
    else
      known->first = std::min(known->first, place);
  }
  keep_first(trial.fault, fault_);
  trial = {};
}

void MergeStream::finish_common() {
  std::vector<ResultRow> rows;  // of which a baseline that has stopped knows
  for (const Slim& kept : rows_) rows.push_back(kept.row);
  for (const Unit& unit : common_) rows.insert(rows.end(), unit.rows.begin(), unit.rows.end());
  for (Unit& unit : common_) {
    for (std::size_t i = 0; i < unit.rows.size(); ++i) {
      ResultRow& row = unit.rows[i];
      if (row.key.name == "baseline")
        context_->finish_baseline(keys_, rows, row);
      else
        context_->finish(row);
      has_predictors_ = has_predictors_ || has_predictor(row);
      slim(rows_.emplace_back(Slim{unit.places[i], row, is_whole(row, models_)}).row);
    }
    tables_.add(tables_.texts_of(unit.rows, unit.places, unit.keys, baselines_));
  }
  std::sort(rows_.begin(), rows_.end(),
            [](const Slim& a, const Slim& b) { return a.place < b.place; });
}

std::vector<std::string> MergeStream::conflicts() const {
  auto sorted = conflicts_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  for (auto& [place, text] : sorted) texts.push_back(std::move(text));
  return texts;
}

std::vector<Record> MergeStream::envs() const {
  auto sorted = envs_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Record> records;
  for (auto& [place, env] : sorted) records.emplace_back().env = std::move(env);
  return records;
}

std::vector<ResultRow> MergeStream::take_rows() {
  std::vector<ResultRow> rows;
  for (Slim& slim : rows_) rows.push_back(std::move(slim.row));
  rows_.clear();
  return rows;
}

std::vector<RowEnd> MergeStream::row_ends() const {
  std::vector<RowEnd> ends;
  for (const Slim& slim : rows_) ends.push_back({&slim.row.key, slim.is_whole});
  return ends;
}

std::vector<ResultRow> MergeStream::read_rows() const {
  std::vector<ResultRow> rows;
  for (const RowKey& key : keys_)
    if (const auto trial = index_.find(key.id))
      rows.push_back(build_row(key, reader_.read(*trial).records));
  return finish_rows(std::move(rows), keys_, models_);
}

FollowedSearches follow_searches(const std::vector<RowKey>& keys,
                                 const std::vector<ModelIdentity>& models, const RecordIndex& index,
                                 const TrialReader& reader) {
  std::set<std::string> ids;  // that searches look at
  for (const RowKey& key : keys)
    if (key.search)
      for (const SearchKey::Step& step : key.search->steps) ids.insert(step.id);
  for (const RowKey& key : keys)
    if (!ids.empty() && key.name == "baseline") ids.insert(key.id);
  std::vector<Record> records;
  for (const std::string& id : ids)
    if (const auto trial = index.find(id))
      for (Record& record : reader.read(*trial).records) records.push_back(std::move(record));
  return {keys, models, records};
}

}  // namespace nf
