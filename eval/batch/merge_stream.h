#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/analysis/row_units.h"
#include "eval/batch/joined_file.h"
#include "eval/batch/missing_trials.h"
#include "eval/batch/trial_reader.h"
#include "eval/results/followed_searches.h"
#include "eval/results/row_context.h"
#include "eval/tables/table_stream.h"

namespace nf {

/// Reads the records of several folders unit by unit of their rows (row_units()): what of each line
/// goes to the new folder, and the tables. No more than some units are in memory, and of all rows
/// what stands in results.csv and statistics.csv.
class MergeStream {
 public:
  /// All must outlive it. models: of the new folder; searches: followed, of the new folder.
  MergeStream(const RecordIndex& index, const TrialReader& reader,
              const std::vector<ModelIdentity>& models, const FollowedSearches& searches,
              JoinedFile& file, TableStream& tables);

  /// Reads all; to be called once. Throws the DataError of the first line that is no record.
  void run();

  Index records() const { return records_; }
  Index repeated() const { return repeated_; }
  Index other_copies() const { return other_copies_; }  ///< RecordJoin's
  /// The conflicts in the order of the folders and their lines.
  std::vector<std::string> conflicts() const;
  /// The envs of records that are not those of their folders, likewise, in records without anything
  /// else.
  std::vector<Record> envs() const;
  /// The rows of the results in their order, without windows, questions and sites.
  std::vector<ResultRow> take_rows();
  /// Whether rows have all their text, in the same order. Points to what take_rows() gives away.
  std::vector<RowEnd> row_ends() const;
  /// The baselines, whole.
  const TableBaselines& baselines() const { return baselines_; }
  /// Whether a site has sums for predictors. predictors.csv needs all rows at a time.
  bool has_predictors() const { return has_predictors_; }
  /// All rows of the results with all that they have, read once more.
  std::vector<ResultRow> read_rows() const;

 private:
  using LinePlace = RecordIndex::LinePlace;

  /// Rows of a unit with what they are made of.
  struct Unit {
    std::vector<ResultRow> rows{};
    std::vector<Index> places{};
    std::vector<RowKey> keys{};
    std::vector<TrialRecords> trials{};  ///< without their records
    bool has_predictors = false;
    std::vector<bool> is_whole{};
    TableStream::UnitTexts texts{};
  };

  Unit read_unit(const RowUnit& unit) const;
  Unit read_other(Index trial) const;
  void read_common(const std::vector<RowUnit>& units);
  void read_others(const std::vector<RowUnit>& units);
  void take(Unit& unit);
  void take_lines(TrialRecords& trial);
  void finish_common();
  Index bytes_of(const RowUnit& unit) const;

  const RecordIndex& index_;
  const TrialReader& reader_;
  const std::vector<ModelIdentity>& models_;
  std::vector<RowKey> keys_;  ///< of the rows of the results, and floors
  JoinedFile& file_;
  TableStream& tables_;

  std::vector<Unit> common_;
  TableBaselines baselines_;
  std::optional<RowContext> context_;
  Index records_ = 0, repeated_ = 0, other_copies_ = 0;
  bool has_predictors_ = false;
  std::optional<RecordIndex::Fault> fault_;
  std::vector<std::pair<LinePlace, std::string>> conflicts_;
  std::vector<std::pair<LinePlace, Json>> envs_;  ///< each once, with the first line that has it
  struct Slim {
    Index place = 0;
    ResultRow row{};
    bool is_whole = false;
  };
  std::vector<Slim> rows_;
};

/// The searches among the keys, followed as far as the records go.
FollowedSearches follow_searches(const std::vector<RowKey>& keys,
                                 const std::vector<ModelIdentity>& models, const RecordIndex& index,
                                 const TrialReader& reader);

}  // namespace nf
